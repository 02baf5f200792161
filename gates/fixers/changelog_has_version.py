"""Gives what stands under Unreleased in CHANGELOG.md the version and today's date."""

from __future__ import annotations

import re
from datetime import date

from gates.checks.lint_manifest.changelog_has_version import dateless, unreleased
from gates.fixer import Changes, fixer
from gates.module import Module


@fixer()
def changelog_has_version(module: Module, today: date) -> Changes:
    """CHANGELOG.md with a heading for the version below Unreleased, or with the date that its
    heading lacks. What is new for users is the author's to say."""
    lines = module.text("CHANGELOG.md").split("\n")
    if (number := dateless(module)) is not None:
        plain = lines[number - 1].rstrip()
        lines[number - 1] = f"{re.sub(r'[ ]*[-–—:]$', '', plain)} - {today.isoformat()}"
    elif (number := unreleased(module)) is not None:
        lines[number:number] = ["", f"## [{module.version}] - {today.isoformat()}"]
    return {"CHANGELOG.md": "\n".join(lines).encode()}
