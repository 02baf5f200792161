"""Writes the module's version into package.json and pyproject.toml."""

from __future__ import annotations

import json
import re

from gates.checks.lint_manifest.versions_agree import versions_agree as check
from gates.fixer import Changes, fixer
from gates.fixers._text import replace_at
from gates.model import Location
from gates.module import Module

_VALUE = re.compile(r"""(\s*=\s*)(["'])[^"'\\]*\2""")


@fixer()
def versions_agree(module: Module) -> Changes:
    """The project files with the version of module.json, where they name another."""
    changes = {}
    for finding in check.run(module):
        path, text = finding.location.path, module.text(finding.location.path)
        if path == "package.json":
            changed = replace_at(text, finding.location, json.dumps(module.version))
        else:
            changed = _in_project(text, finding.location, module.version)
        changes[path] = changed.encode()
    return changes


def _in_project(text: str, place: Location, version: str) -> str:
    """The text of a pyproject.toml; unchanged where its version is no plain text on one line."""
    lines = text.split("\n")
    line, start = lines[(place.line or 1) - 1], (place.column or 1) - 1
    name = next(
        (each for each in ('"version"', "'version'", "version") if line.startswith(each, start)), ""
    )
    found = _VALUE.match(line, start + len(name)) if name else None
    if found is None:
        return text
    lines[(place.line or 1) - 1] = f'{line[: found.end(1)]}"{version}"{line[found.end() :]}'
    return "\n".join(lines)
