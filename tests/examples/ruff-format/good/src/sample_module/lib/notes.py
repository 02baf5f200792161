"""Notes."""

from __future__ import annotations

COLORS = {"red": 1}


def color(name: str, fallback: int) -> int:
    """The number of a color."""
    return COLORS.get(name, fallback) or COLORS.get(name.lower(), fallback) or fallback
