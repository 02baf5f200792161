"""The entry of a version in CHANGELOG.md."""

from __future__ import annotations

import re

from gates.errors import CouldNotCheckError
from gates.module import Module

FILE = "CHANGELOG.md"


def entry(module: Module) -> str:
    """The text below the heading of the module's version, up to the next version's heading.

    A heading is a line such as `## [1.2.0] - 2026-03-01` or `## 1.2.0`.
    Raises `CouldNotCheckError` where there is no such heading.
    """
    found = find_entry(module.text(FILE), module.version)
    if found is None:
        raise CouldNotCheckError(
            f"{FILE} has no entry for {module.version}", hint="gates lint-manifest"
        )
    return found


def find_entry(text: str, version: str) -> str | None:
    """The entry of a version in the text of a changelog, or None."""
    heading = re.compile(rf"#{{1,3}}\s+\[?v?{re.escape(version)}\]?(?![\w.+-])")
    lines: list[str] | None = None
    level = 0
    for line in text.splitlines():
        marks = len(line) - len(line.lstrip("#"))
        if lines is None:
            if heading.match(line):
                lines, level = [], marks
        elif 0 < marks <= level and line[marks : marks + 1] in ("", " "):
            break
        else:
            lines.append(line)
    return None if lines is None else "\n".join(lines).strip()
