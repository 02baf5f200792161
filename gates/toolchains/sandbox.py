"""What a program of the module under test may reach: described here, enforced by the launcher."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
FILE_LIMIT = 256 * 1024 * 1024

SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt/homebrew", "/nix/store",
    "/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup",
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
    "/etc/alternatives", "/etc/ca-certificates", "/etc/group", "/etc/host.conf", "/etc/hosts",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
    "/etc/mime.types", "/etc/nsswitch.conf", "/etc/os-release", "/etc/passwd", "/etc/pki",
    "/etc/protocols", "/etc/resolv.conf", "/etc/services", "/etc/ssl", "/etc/timezone",
)  # fmt: skip
"""What every program needs to start, and nothing that is anyone's own."""


@dataclass(frozen=True)
class Sandbox:
    """What one program may reach; everything that is not named here is closed to it."""

    read: tuple[Path, ...] = ()
    """Folders and files that it may read and run, besides the system's."""
    write: tuple[Path, ...] = ()
    """Folders that it may read, run and change."""
    network: bool = False
    """Whether it may open a socket."""
    file_limit: int = FILE_LIMIT
    """Bytes that one file it writes may have."""

    def config(self, report: int) -> str:
        """The launcher's first argument; `report` is the descriptor it answers on."""
        return json.dumps(
            {
                "read": [*SYSTEM, *_real(self.read)],
                "write": ["/dev/null", "/dev/full", *_real(self.write)],
                "network": self.network,
                "file_limit": self.file_limit,
                "report": report,
            }
        )


def _real(paths: Iterable[Path]) -> list[str]:
    return sorted({os.path.realpath(path) for path in paths})


def interpreter() -> tuple[Path, ...]:
    """The folders that hold the Python that runs this package, without its installed packages."""
    names = ("stdlib", "platstdlib")
    standard = {Path(sysconfig.get_path(name)) for name in names}
    libraries = {Path(sys.base_prefix, "lib")} if sys.base_prefix != "/usr" else set()
    # A virtual environment may hold a copy of the program; those made from it link to the original.
    original = getattr(sys, "_base_executable", None) or sys.executable
    programs = {Path(os.path.realpath(each)) for each in (original, sys.executable)}
    return (*sorted(standard | libraries), *sorted(programs))
