"""Words of reports: numbers with their nouns. Pure."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """ "1 check", "2 checks"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
