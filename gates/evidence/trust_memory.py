"""The newest version of a trust file that this installation has seen."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

from gates.errors import CouldNotCheckError
from gates.evidence.key_files import place
from gates.records import dataclass


@dataclass(frozen=True)
class Seen:
    """One version of a trust file."""

    number: int
    digest: str
    """SHA-256 of its payload, in hex."""


def recall(state: Path, first: str) -> Seen | None:
    """What was seen last of the file with this first version, or None.

    Raises `CouldNotCheckError` where what was remembered cannot be read: it could be anything.
    """
    path = _path(state, first)
    try:
        number, digest = json.loads(path.read_bytes())
        if not isinstance(number, int) or number < 1 or not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as error:
        raise CouldNotCheckError(
            f"{path} does not say which version of the trust file was seen last",
            hint=f"look at the trust file, and rm {path}",
        ) from error
    return Seen(number, digest)


def remember(state: Path, first: str, number: int, digest: str) -> None:
    """Remember a version; where nothing can be written, nothing is."""
    path = _path(state, first)
    if recall(state, first) == Seen(number, digest):
        return
    # A machine that keeps nothing is held to the policy's `least_version` alone.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        place(path, json.dumps([number, digest]).encode(), 0o644, replace=True)


def _path(state: Path, first: str) -> Path:
    return state / "trust" / f"{first}.json"
