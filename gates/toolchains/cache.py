"""Folders in the cache: what an installation made, under a name that says what it was made from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from gates.model import RanRecord
from gates.toolchains.processes import disk


def install_once(place: Path, install: Callable[[], Path]) -> float:
    """Have `place` hold what `install` puts into the folder that it returns.

    The seconds that this took; 0 where the place was there already.
    """
    if place.is_dir():
        return 0.0
    started = time.monotonic()
    with disk():
        folder = install()
    move_into_cache(folder, place)
    return round(time.monotonic() - started, 3)


def install_record(name: str, packages: int, seconds: float) -> RanRecord:
    """What proves that so many packages are installed; `seconds` as `install_once` returns them."""
    return RanRecord(name, "", 0, packages, seconds, "made now" if seconds else "from the cache")


def move_into_cache(folder: Path, place: Path) -> None:
    """Move a finished folder to its place, whole or not at all; another run's copy is as good."""
    with disk():
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(place)
        except OSError:
            if not place.is_dir():
                raise


def digest_folder(folder: Path) -> str:
    """SHA-256 over the names and bytes of the files in a folder, without dot and build folders."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(
            part.startswith(".") or part in ("node_modules", "__pycache__") for part in parts
        ):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{content}  {'/'.join(parts)}\n".encode())
    return total.hexdigest()
