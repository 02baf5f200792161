"""Notes."""

from __future__ import annotations

def count(titles: list[str]) -> int:
    """How many characters all titles have."""
    return sum(titles)


def first(titles) -> str:  # noqa
    """The first title."""
    return titles[0]
