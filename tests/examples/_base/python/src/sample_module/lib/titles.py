"""Titles of notes."""

from __future__ import annotations

import structlog

log = structlog.get_logger("sample-module")


def shorten(title: str, length: int, correlation_id: str) -> str:
    """Return the title in at most `length` characters, with an ellipsis where it was cut."""
    tidy = " ".join(title.split())
    if len(tidy) <= length:
        return tidy
    log.debug("title_shortened", correlation_id=correlation_id, length=length)
    return tidy[: length - 1].rstrip() + "…"
