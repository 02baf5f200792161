"""Writes README.md where there is none."""

from __future__ import annotations

from gates.adoption.draft import Changes, Older, draft


@draft(60)
def readme(older: Older) -> Changes:
    """The module's name and its description."""
    if "README.md" in older.module.files:
        return {}
    said = older.manifest
    return {"README.md": f"# {said.get('name')}\n\n{said.get('description')}\n".encode()}
