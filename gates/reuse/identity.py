"""What the gate and its tools are, by content: another program under the same version is another.

Reading a program takes as long as it is large, so a digest is kept under what the file system says
of the file: its number, size and times of change. The time of a change of the inode (ctime) cannot
be set, so a file that was written to is read again.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import re
import sys
import sysconfig
import threading
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from gates.machine import operating_system

_PACKAGE = Path(__file__).resolve().parents[1]
_SKIPPED = frozenset({"__pycache__"})


class Identities:
    """Digests of files and of groups of files, remembered in a file of the cache."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._folders: list[str] | None = None
        self._new = False
        try:
            known = json.loads(memory.read_text("ascii"))
        except (OSError, ValueError):
            known = {}
        if isinstance(known, dict) and all(isinstance(each, str) for each in known.values()):
            self._known = known

    def program(self, path: str) -> str | None:
        """The digest of one file, through links; None where there is none."""
        return self._group(f"program {path}", [path])

    def distribution(self, name: str) -> str | None:
        """The digest of all files that an installed distribution lists; None for one that is not
        installed."""
        folders = self._installed()
        first = _normal(name).partition("-")[0]
        for folder in (each for each in folders if each.lower().startswith(first)):
            if _normal(folder.partition("-")[0]) == _normal(name):
                try:
                    record = Path(self._place, folder, "RECORD").read_text("utf-8")
                except OSError:
                    return None
                listed = _listed(record)
                files = [f"{self._place}/{each}" for each in listed if not each.endswith(".pyc")]
                return self._group(f"distribution {folder}", sorted(files))
        return None

    def _installed(self) -> list[str]:
        """The names of the folders that say what is installed."""
        with self._lock:
            if self._folders is None:
                with os.scandir(self._place) as entries:
                    names = [each.name for each in entries if each.name.endswith(".dist-info")]
                self._folders = sorted(names)
            return self._folders

    @cached_property
    def _place(self) -> str:
        return sysconfig.get_path("purelib")

    def gate(self) -> str:
        """The digest of this package, of the interpreter, and of what is installed beside it.

        Of other distributions it holds names, versions and when they were put there: who changes
        a file of a library in place, without its record, is not seen. `program` and `distribution`
        see that of the tools themselves.
        """
        installed = [
            f"{each} {_stamp(f'{self._place}/{each}/RECORD')}" for each in self._installed()
        ]
        own = self._group("gates", sorted(_files(_PACKAGE)))
        said = [own or "", sys.version, operating_system(), sys.executable, *installed]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def save(self) -> None:
        """Keep what was read for the next run; a cache that cannot be written is no fault."""
        from gates.filesystem import write_whole

        with self._lock:
            if self._new:
                write_whole(self._memory, json.dumps(self._known).encode("ascii"))
                self._new = False

    def _group(self, name: str, paths: Iterable[str]) -> str | None:
        paths = list(paths)
        stamps = [_stamp(each) for each in paths]
        if not paths or (len(paths) == 1 and stamps[0] is None):
            return None
        # In the second form of marshal, equal values have equal bytes.
        key = hashlib.sha256(marshal.dumps((name, paths, stamps), 2)).hexdigest()
        with self._lock:
            if key in self._known:
                return self._known[key]
        total = hashlib.sha256()
        for path in paths:
            total.update(f"{_digest(path)}  {path}\n".encode(errors="surrogateescape"))
        with self._lock:
            self._known[key] = total.hexdigest()
            self._new = True
        return self._known[key]


def _listed(record: str) -> list[str]:
    """The files of a RECORD: the first of each line's values."""
    if '"' in record:
        import csv

        return [row[0] for row in csv.reader(record.splitlines()) if row]
    return [line.partition(",")[0] for line in record.splitlines() if line]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _files(folder: Path) -> list[str]:
    found: list[str] = []
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED:
                        waiting.append(entry.path)
                elif not entry.name.endswith(".pyc"):
                    found.append(entry.path)
    return found


def _stamp(path: str) -> tuple[int, ...] | None:
    try:
        state = os.stat(path)  # noqa: PTH116 - thousands of times a run
    except OSError:
        return None
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _digest(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "absent"
