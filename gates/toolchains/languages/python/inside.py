"""What belongs to a module alone, of all that lies in its package."""

from __future__ import annotations

INSIDE = frozenset({"api", "env", "jobs", "lib"})
"""Parts of an entrypoint's package that the platform's standard keeps inside a module: others may
not import them, so that nothing is promised of them. What they need, the entrypoint exports."""
