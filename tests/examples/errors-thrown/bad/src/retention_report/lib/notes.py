"""Notes."""

from __future__ import annotations

from http.client import HTTPException

from retention_report.lib.note_errors import LostError, NotesError


def load(key: str) -> str:
    """Read a note."""
    if not key:
        raise ValueError("no key")
    if key == "lost":
        error = LostError(key)
        raise error
    if key == "remote":
        raise HTTPException
    try:
        return {}[key]
    except KeyError as error:
        raise NotesError("no such note") from error
