"""Notes."""

from __future__ import annotations

import json
from collections.abc import Sequence


def load(text: str, default: Sequence[str] = ()) -> object:
    """Read the notes."""
    try:
        return json.loads(text)
    except ValueError:
        return default
