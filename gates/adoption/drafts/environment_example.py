"""Writes .env.example from the environment variables of module.json."""

from __future__ import annotations

import re

from gates.adoption.draft import Changes, Older, draft

_PATH = ".env.example"


@draft(30)
def environment_example(older: Older) -> Changes:
    """A line for each variable that it does not show; a secret stands there as a placeholder."""
    module = older.module
    text = module.text(_PATH) if _PATH in module.files else ""
    lines = []
    for each in older.manifest.get("environment_variables", []):
        name = each["name"]
        if re.search(rf"^[#\s]*(?:export\s+)?{re.escape(name)}=", text, re.MULTILINE):
            continue
        value = f"<your {name.lower()}>" if each.get("secret") else each.get("default_value", "")
        lines.append(f"{name}={value}\n")
    if not lines:
        return {}
    gap = "\n" if text and not text.endswith("\n") else ""
    return {_PATH: f"{text}{gap}{''.join(lines)}".encode()}
