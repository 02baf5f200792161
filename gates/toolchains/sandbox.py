"""What a program of the module under test may reach; `gates.toolchains.walls` enforces it."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gates.records import dataclass, field
from gates.toolchains.launcher.config import write_config

LAUNCHER = Path(__file__).with_name("launcher")
_START = (
    "import sys; sys.path.append(sys.argv.pop(1)); from launcher.main import main;"
    " import os; os._exit(main(sys.argv[1:]))"
)
FILE_LIMIT = 256 << 20
DISK_LIMIT = 4 << 30
PROCESS_LIMIT = 2048
MEMORY_LIMIT = 8 << 30

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
    disk_limit: int = DISK_LIMIT
    """Bytes that it may add to its folders."""
    process_limit: int = PROCESS_LIMIT
    """How many processes it may have at a time."""
    memory_limit: int = field(default_factory=lambda: min(MEMORY_LIMIT, _three_quarters()))
    """Bytes of memory that its processes may have together, shared pages counted for each."""

    @property
    def readable(self) -> list[str]:
        """All that it may read and run."""
        return [*SYSTEM, *_absolute(self.read)]

    @property
    def writable(self) -> list[str]:
        """All that it may change."""
        return ["/dev/null", "/dev/full", *_absolute(self.write)]

    def launcher(
        self, report: int, folder: Path, *, namespaces: bool, user: int | None
    ) -> list[str]:
        """What to put before a program's own command to start it under the launcher.

        `report` is the descriptor that the launcher answers on, `folder` where the program starts,
        `namespaces` whether bubblewrap is around it, `user` whom it is to become.
        """
        paths = [("folder", os.path.realpath(folder))]
        paths += [("read", each) for each in self.readable]
        paths += [("write", each) for each in self.writable]
        numbers = {
            "network": int(self.network),
            "namespaces": int(namespaces),
            "file_limit": self.file_limit,
            "disk": self.disk_limit,
            "processes": self.process_limit,
            "memory": self.memory_limit,
            "report": report,
        }
        config = write_config(paths, numbers if user is None else {**numbers, "user": user})
        return [_python(), "-I", "-S", "-c", _START, str(LAUNCHER.parent), config]


def _absolute(paths: Iterable[Path]) -> list[str]:
    return sorted({str(path.absolute()) for path in paths})


def _three_quarters() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4


def _python() -> str:
    """The Python that runs this package, itself: the launcher needs no installed package."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


@cache
def interpreter() -> tuple[Path, ...]:
    """The folders that hold the Python that runs this package, without its installed packages."""
    names = ("stdlib", "platstdlib")
    standard = {Path(sysconfig.get_path(name)) for name in names}
    libraries = {Path(sys.base_prefix, "lib")} if sys.base_prefix != "/usr" else set()
    # A virtual environment may hold a copy of the program; those made from it link to the original.
    original = getattr(sys, "_base_executable", None) or sys.executable
    programs = {Path(each).absolute() for each in (original, sys.executable)}
    return (*sorted(standard | libraries), *sorted(programs))
