"""Notes."""

from __future__ import annotations

from pydantic import BaseModel, field_validator

from retention_report.lib import note_errors
from retention_report.lib.note_errors import LostError


class Note(BaseModel):
    """One note."""

    title: str

    @field_validator("title")
    @classmethod
    def tidy(cls, title: str) -> str:
        """Refuse a title without letters, as pydantic asks for it."""
        if not title.strip():
            raise ValueError("a title has letters")
        return title


def load(key: str) -> Note:
    """Read a note."""
    if not key:
        raise note_errors.NotesError("no key")
    try:
        return Note(title=key)
    except ValueError as error:
        if key == "again":
            raise
        if key == "same":
            raise error
        raise LostError(key) from error
