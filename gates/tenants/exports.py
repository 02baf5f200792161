"""Exported rows on the disk: a CSV file and its manifest, whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import sys
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError
from gates.records import dataclass, field

_MANIFEST, _PART = ".json", ".part"


def folder_for(folder: Path) -> None:
    """Make the folder, for this user alone. Raises `CouldNotCheckError` for a path that is none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.is_dir() or folder.is_symlink():
        raise CouldNotCheckError(f"{folder} is no folder")


def exports_in(folder: Path, catalog: str) -> Iterator[Export]:
    """The exports of one catalog that a folder holds, finished or not; other files are nobody's."""
    for path in sorted(folder.glob("*.csv*")):
        parts = path.name.partition(".csv")[0].split("~")
        if len(parts) == 4 and parts[0] == catalog:
            yield Export(folder, catalog, parts[3], parts[1], parts[2])


@dataclass
class Export:
    """The rows of one table that one purge takes out."""

    folder: Path
    catalog: str
    """The identity of the catalog."""
    id: str
    slug: str
    table: str
    _digest: Any = field(default_factory=hashlib.sha256)
    _manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The CSV file; beside it stands the manifest, with `.json` behind the name."""
        return self.folder / f"{self.catalog}~{self.slug}~{self.table}~{self.id}.csv"

    @property
    def manifest_path(self) -> Path:
        """What says of the file how many rows it has, with its digest."""
        return self._beside(_MANIFEST)

    def write(self, blocks: Generator[bytes, None, None]) -> list[str]:
        """Write CSV with a header as it comes; the names of the columns."""
        part = self._beside(_PART)
        # Closed here, so that a copy which is not read to its end is over before what comes next.
        with contextlib.closing(blocks), _created(part) as file:
            for block in blocks:
                self._digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.path)
        return next(_records(self.path), [])

    def finish(self, rows: int, columns: list[str], older_than: datetime, *, dropped: bool) -> None:
        """Write the manifest, and see both files onto the disk."""
        self._manifest = {
            "id": self.id,
            "catalog": self.catalog,
            "slug": self.slug,
            "table_name": self.table,
            "older_than": older_than.isoformat(),
            "row_count": rows,
            "columns": columns,
            "file_name": self.path.name,
            "size": self.path.stat().st_size,
            "sha256": self._digest.hexdigest(),
            "dropped": dropped,
        }
        part = self._beside(_MANIFEST + _PART)
        with _created(part) as file:
            file.write(json.dumps(self._manifest, indent=2).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._beside(_MANIFEST))
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read_back(self) -> int:
        """How many rows the file on the disk has; -1 where it is not what was written."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        manifest = json.loads(self._beside(_MANIFEST).read_bytes())
        if digest != manifest["sha256"] or manifest != self._manifest:
            return -1
        return sum(1 for _ in _records(self.path)) - 1

    def line(self) -> dict[str, Any]:
        """What the catalog's list of purges says of it."""
        return self._manifest

    def remove(self) -> None:
        """Take both files away, whatever of them there is."""
        for end in ("", _PART, _MANIFEST, _MANIFEST + _PART):
            self._beside(end).unlink(missing_ok=True)

    def _beside(self, end: str) -> Path:
        return self.path.with_name(self.path.name + end)


def _created(path: Path) -> Any:  # noqa: ANN401 - a binary file
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _records(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(min(sys.maxsize, (1 << 31) - 1))
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)
