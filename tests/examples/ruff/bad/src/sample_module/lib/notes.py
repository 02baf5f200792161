"""Notes."""

from __future__ import annotations

import json
from typing import Any


def load(text, default: Any = []) -> object:  # noqa: ANN001, B006
    """Read the notes."""
    print(text)  # noqa
    try:
        return json.loads(text)
    except:
        return default
