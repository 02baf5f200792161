"""Notes."""

from __future__ import annotations

import structlog

LOG = structlog.get_logger("sample-module")


def note(text: str, correlation_id: str) -> None:
    """Say something."""
    LOG.info("note", text=text, correlation_id=correlation_id)
