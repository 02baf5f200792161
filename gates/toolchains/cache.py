"""Folders in the cache: what an installation made, under a name that says what it was made from.

A folder holds a seal: the digest of everything in it when it was made. Each run compares it before
it uses the folder, and makes the folder anew where they differ: a full disk or a crash leaves files
that are empty, and a compiler that is empty finds no fault in anything.

Reading thousands of files takes a second, so what was found to be as sealed is noted with what the
file system says of each file: its number, kind, size and times of change. The time of a change of
the inode (ctime) cannot be set, so what was written to is read again; and so is all after the
machine was started again, since a crash may lose what a file held and not what is said of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gates.filesystem import read_plain, write_whole
from gates.model import RanRecord
from gates.records import dataclass
from gates.toolchains.folders import SEAL, note_seal
from gates.toolchains.processes import disk
from gates.toolchains.session import hold

SEEN = ".seen"
"""The folder, beside those of the cache, of notes that they were found to be as sealed."""
_START = Path("/proc/sys/kernel/random/boot_id")
_LONGEST = 1024


@dataclass(frozen=True)
class Installed:
    """A folder of the cache that is as it was made."""

    place: Path
    digest: str
    """SHA-256 of its contents, as `digest_contents` computes it."""
    seconds: float
    """What making it took; 0 where it was there."""
    how: str
    """"made now", "from the cache", or why what was there was made anew."""

    def record(self, name: str, packages: int) -> RanRecord:
        """What proves that so many packages are installed, and which."""
        said = f"{self.how}, sha256:{self.digest}"
        return RanRecord(name, "", 0, packages, self.seconds, said)


def install_once(place: Path, install: Callable[[], Path]) -> Installed:
    """Have `place` hold what `install` puts into the folder that it returns.

    What is there already is used if its contents are those of its seal, and else made anew.
    """
    made = _install_once(place, install)
    note_seal(place, made.digest)
    return made


def _install_once(place: Path, install: Callable[[], Path]) -> Installed:
    how = "made now"
    with disk():
        if place.is_dir():
            if (digest := sealed(place)) is not None:
                return Installed(place, digest, 0.0, "from the cache")
            how = "made anew, as what was in the cache is not what was put there"
            _set_aside(place)
        started = time.monotonic()
        folder = install()
        digest = digest_contents(folder)
        (folder / SEAL).write_text(digest, "ascii")
        (folder / SEAL).chmod(0o644)
        move_into_cache(folder, place)
        if not folder.exists():
            return Installed(place, digest, round(time.monotonic() - started, 3), how)
        # Another run was there first.
        if (theirs := sealed(place)) is not None:
            return Installed(place, theirs, 0.0, "from the cache")
        return Installed(folder, digest, round(time.monotonic() - started, 3), how)


@contextlib.contextmanager
def own_folder(place: Path) -> Iterator[Path]:
    """The first of the numbered folders in `place` that no other run holds, until the end.

    For a program that keeps what it knows between runs and is not made for two writers: runs beside
    each other each have one, and a later run finds it as it was left. Raises `OSError`.
    """
    for number in itertools.count(1):
        folder = place / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        if (lock := hold(folder)) is not None:
            with lock:
                yield folder
            return


def sealed(place: Path) -> str | None:
    """The digest of a folder, if it is the one of its seal; else None."""
    note = place.parent / SEEN / place.name
    try:
        seal = (place / SEAL).read_text("ascii")
        seen = _stamp(place)
        if seen and read_plain(note, _LONGEST) == f"{seal} {seen}".encode():
            return seal
        digest = digest_contents(place)
    except (OSError, ValueError):
        return None
    if digest != seal:
        return None
    if seen:
        write_whole(note, f"{seal} {seen}".encode())
    return digest


def digest_program(program: Path, notes: Path) -> str:
    """SHA-256 of a large file in hex, noted in a folder as that of a sealed one is. Raises
    `OSError`."""
    seen = _stamp_of([(str(program), program.stat())])
    note = notes / SEEN / hashlib.sha256(os.fsencode(program)).hexdigest()
    known = (read_plain(note, _LONGEST) or b"").decode("ascii", "replace").partition(" ")
    if seen and known[2] == seen:
        return known[0]
    with program.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if seen:
        write_whole(note, f"{digest} {seen}".encode())
    return digest


def _stamp(place: Path) -> str | None:
    """As `_stamp_of`, of everything in a folder."""
    return _stamp_of(sorted(_entries(place), key=lambda each: each[0]))


def _stamp_of(entries: Iterable[tuple[str, os.stat_result]]) -> str | None:
    """SHA-256 over what the file system says of files, since this start of the machine; None where
    that start has no name."""
    started = read_plain(_START, _LONGEST)
    if started is None:
        return None
    total = hashlib.sha256(started)
    for path, status in entries:
        line = f"{path} {status.st_mode} {status.st_dev} {status.st_ino} {status.st_size}"
        line += f" {status.st_mtime_ns} {status.st_ctime_ns}\n"
        total.update(line.encode(errors="surrogateescape"))
    return total.hexdigest()


def _set_aside(place: Path) -> None:
    """Take a folder out of the way. Who still uses it keeps the files that it has open."""
    aside = place.with_name(f"{place.name}.damaged-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        place.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def move_into_cache(folder: Path, place: Path) -> None:
    """Move a finished folder to its place, whole or not at all; another run's copy is as good."""
    with disk():
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(place)
        except OSError:
            if not place.is_dir():
                raise


def digest_contents(folder: Path) -> str:
    """SHA-256 over everything in a folder but its seal: paths, kinds, whether a file may be run,
    the bytes of files and the targets of links. Raises `OSError` where something is unreadable."""
    total = hashlib.sha256()
    for name, status in sorted(_entries(folder), key=lambda each: Path(each[0])):
        mode, path = status.st_mode, folder / name
        if stat.S_ISLNK(mode):
            content = f"link {path.readlink()}"
        elif stat.S_ISREG(mode):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            content = f"{'program' if mode & stat.S_IXUSR else 'file'} {digest}"
        else:
            content = "folder" if stat.S_ISDIR(mode) else "other"
        total.update(f"{content}  {name}\n".encode(errors="surrogateescape"))
    return total.hexdigest()


def _entries(folder: Path) -> list[tuple[str, os.stat_result]]:
    """What lies in a folder and below but its seal, by path in it."""
    found: list[tuple[str, os.stat_result]] = []
    waiting = [""]
    while waiting:
        above = waiting.pop()
        with os.scandir(f"{folder}/{above}") as entries:
            for entry in entries:
                found.append((f"{above}{entry.name}", entry.stat(follow_symlinks=False)))
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{above}{entry.name}/")
    return [each for each in found if each[0] != SEAL]
