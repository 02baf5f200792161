"""Notes."""

from __future__ import annotations

from typing import Any


def _tidy(row: dict[str, Any]) -> str:
    return str(row["title"])


def load(rows: list[dict[str, object]]) -> list[str]:
    """The titles of all notes."""
    return [_tidy(row) for row in rows]
