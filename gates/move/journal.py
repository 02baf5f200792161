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
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from gates.errors import ConfigurationError, CouldNotCheckError, UsageError
from gates.records import asdict, dataclass, field

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


_STARTED = datetime.now(UTC).timestamp(), time.monotonic()


def now() -> float:
    """The time of an entry: the clock's when this process began, and what has passed since. A clock
    that is set meanwhile makes no window longer."""
    wall, monotonic = _STARTED
    return wall + time.monotonic() - monotonic


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
            os.write(self._number, b"\n")

    def time(self) -> float:
        """The time of an entry. It never goes back: where this process began with a clock that is
        behind the last entry, what passes here is counted from that entry on."""
        last = self.entries[-1].at if self.entries else 0.0
        return max(now(), last + time.monotonic() - self._heard if last else 0.0)

    def add(self, entry: Entry) -> None:
        """Write one entry, on disk when this returns.

        Raises `CouldNotCheckError` where it is not, as on a full disk; then none of it is there.
        """
        line = (json.dumps(asdict(entry), sort_keys=True) + "\n").encode()
        size = os.fstat(self._number).st_size
        try:
            written = 0
            while written < len(line):  # a disk that is nearly full takes a part
                written += os.write(self._number, line[written:])
            os.fsync(self._number)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._number, size)
            raise CouldNotCheckError(
                f"{self.path} cannot be written: {error.strerror or error}",
                hint="make room, and run the same command again",
            ) from error
        self.entries = (*self.entries, entry)
        self._heard = time.monotonic()

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

    Raises `ConfigurationError` for a journal in which a line other than a cut one is no entry, or a
    step ended that never began: then a line in between is gone.
    """
    try:
        text = (folder / NAME).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ()
    found: list[Entry] = []
    running = ""
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
        if entry.event == "began":
            running = entry.step
        elif entry.event in ("ended", "failed") and (not running or entry.step != running):
            raise ConfigurationError(
                f"{folder / NAME} is damaged: {entry.step} {entry.event} and had not begun"
            )
        elif entry.event in ("ended", "failed"):
            running = ""
        found.append(entry)
    return tuple(found)
