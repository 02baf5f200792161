"""Limits of notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, no_type_check

LIMIT: int = 10

if not TYPE_CHECKING:
    LIMIT = "10" + 1


@no_type_check
def doubled(limit: int) -> int:
    """Return twice the limit."""
    return "2" * limit
