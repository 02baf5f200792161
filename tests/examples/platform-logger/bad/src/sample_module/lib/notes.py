"""Notes."""

from __future__ import annotations

import logging
import sys

LOG = logging.getLogger(__name__)


def note(text: str) -> None:
    """Say something."""
    sys.stderr.write(text)
