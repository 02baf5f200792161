"""What a run did, on disk before it is relied on: one JSON object a line, synced, never changed.

A line that was cut short by a crash is as if it were not there. One process at a time holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from gates.errors import ConfigurationError, CouldNotCheckError, UsageError

NAME = "journal.jsonl"
EVENTS = (
    "opened", "began", "ended", "failed", "stopped", "finished", "rollback", "rolled-back",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One event: of the run, or of a step in it."""

    event: str
    at: float
    """Seconds since 1970, UTC: a run may go on in another process after a crash."""
    step: str = ""
    seconds: float = 0.0
    note: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)


def now() -> float:
    """The time of an entry."""
    return datetime.now(UTC).timestamp()


class Journal:
    """The file of one run, open for adding. Use it as a context."""

    def __init__(self, folder: Path) -> None:
        """Open or make it. Raises `UsageError` where another process holds it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / NAME
        self._number = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._number)
            raise UsageError(
                f"another process runs the migration of {folder}", hint="gates migration status"
            ) from error
        self.entries = read(folder)
        self._mend()
        sync_folder(folder)
        self._heard = time.monotonic()

    def _mend(self) -> None:
        """Leave a line that was cut short behind a line break of its own."""
        size = os.fstat(self._number).st_size
        if size and os.pread(self._number, 1, size - 1) != b"\n":
            self._write(b"\n")

    def time(self) -> float:
        """The time of an entry. It never goes back: where the clock was put back, it goes on from
        the last entry by what has passed since, so that no window grows."""
        last = self.entries[-1].at if self.entries else 0.0
        return max(now(), last + time.monotonic() - self._heard if last else 0.0)

    def add(self, entry: Entry) -> None:
        """Write one entry, on disk when this returns.

        Raises `CouldNotCheckError` where it cannot be written whole; then nothing of it is left.
        """
        self._write((json.dumps(asdict(entry), sort_keys=True) + "\n").encode())
        self.entries = (*self.entries, entry)
        self._heard = time.monotonic()

    def _write(self, data: bytes) -> None:
        size = os.fstat(self._number).st_size
        try:
            left = data
            while left:
                left = left[os.write(self._number, left) :]
            os.fsync(self._number)
        except OSError as error:
            with contextlib.suppress(OSError):  # a line that is cut short is no entry either
                os.ftruncate(self._number, size)
            raise CouldNotCheckError(
                f"the journal {self.path} cannot be written: {error.strerror or error}",
                hint="make room, and run the same command again",
            ) from error

    def close(self) -> None:
        """Let go of it."""
        os.close(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, not only what the files hold."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_synced(path: Path, text: str) -> None:
    """Write a file whole, on disk when this returns."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def read(folder: Path) -> tuple[Entry, ...]:
    """Every whole entry of a run's journal; none where there is no journal.

    Raises `ConfigurationError` for a journal in which a line other than a cut one is no entry.
    """
    try:
        text = (folder / NAME).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ()
    found = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue  # cut short: what it would have said was not relied on
        try:
            entry = Entry(**value)
        except TypeError as error:
            raise ConfigurationError(f"{folder / NAME} is no journal of a migration") from error
        if entry.event not in EVENTS:
            raise ConfigurationError(f"{folder / NAME} names the unknown event {entry.event}")
        found.append(entry)
    return tuple(found)
