"""The processes that descend from this one: how many, how large, what they wrote, and their end."""

from __future__ import annotations

import os
import sys
import time

from .signals import signal

PAGE = os.sysconf("SC_PAGE_SIZE")
INTERVAL = 0.1
"""Seconds between two looks at the processes."""
SHARE = 20.0
"""A look is repeated after this many times of what it took, at the earliest."""
LEAST_FREE = 256 << 20
"""Bytes that stay free on the disk of a folder that is written, if they were free before."""
MOST_FILES = 500_000
"""Files that a program may leave in its folders, besides those that were there."""


class Watch:
    """Holds a program and all that descends from it to its bounds; see `excess`."""

    def __init__(self, memory: int, processes: int, disk: int, folders: list[str]) -> None:
        self.memory, self.processes, self.disk = memory, processes, disk
        self.folders = [each for each in folders if os.path.isdir(each)]  # noqa: PTH112
        self.before = [size_of(each) for each in self.folders]
        self.roomy = [each for each in self.folders if _free(each) > LEAST_FREE]
        self.next = self.next_disk = time.monotonic() + INTERVAL

    @property
    def wait(self) -> float:
        """Seconds until the next look."""
        return max(0.0, self.next - time.monotonic())

    def excess(self) -> str:
        """What the program has too much of, as the end of a sentence; "" where nothing."""
        begin = time.monotonic()
        found = self._processes() or (self._disk() if begin >= self.next_disk else "")
        now = time.monotonic()
        self.next = now + max(INTERVAL, SHARE * (now - begin))
        return found

    def _processes(self) -> str:
        family = descendants()
        if len(family) > self.processes:
            return f"started more than {self.processes} processes"
        # A page that several processes share counts for each: it cannot be hidden that way.
        if sum(_resident(each) for each in family) > self.memory:
            return f"used more than {self.memory >> 20} MiB of memory"
        return ""

    def _disk(self) -> str:
        begin = time.monotonic()
        if any(_free(each) <= LEAST_FREE for each in self.roomy):
            return f"left less than {LEAST_FREE >> 20} MiB of the disk"
        for folder, (size, files) in zip(self.folders, self.before, strict=True):
            size_now, files_now = size_of(folder)
            if size_now - size > self.disk:
                return f"wrote more than {self.disk >> 20} MiB"
            if files_now - files > MOST_FILES:
                return f"made more than {MOST_FILES} files"
        now = time.monotonic()
        self.next_disk = now + max(5 * INTERVAL, SHARE * (now - begin))
        return ""


def size_of(folder: str) -> tuple[int, int]:
    """Bytes on the disk and number of the files below a folder, without following links."""
    size = files = 0
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:  # it went while it was read, or is closed to this user: the disk is watched
            continue
    return size, files


def _free(folder: str) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _resident(process: int) -> int:
    try:
        with open(f"/proc/{process}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def descendants() -> set[int]:
    """The processes that descend from this one; none where there is no /proc."""
    if not sys.platform.startswith("linux"):
        return set()
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    family = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family - {os.getpid()}


def kill_descendants() -> None:
    """Kill all that descends from this process, until nothing is left of it."""
    for _ in range(1000):
        family = descendants()
        if not family:
            return
        # Stopped first: what is stopped starts no other while the rest is looked for.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in family:
                try:
                    os.kill(process, number)
                except OSError:
                    continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            continue
