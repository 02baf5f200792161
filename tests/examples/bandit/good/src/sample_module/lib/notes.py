"""Notes."""

from __future__ import annotations

import hashlib


def export(name: str) -> str:
    """Name the export."""
    return hashlib.sha256(name.encode()).hexdigest()
