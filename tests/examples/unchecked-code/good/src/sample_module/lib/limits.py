"""Limits of notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT: int = 10


def doubled(limits: Sequence[int]) -> list[int]:
    """Return twice each limit."""
    return [2 * limit for limit in limits]
