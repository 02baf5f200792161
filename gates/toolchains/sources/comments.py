"""Comments that switch a tool off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gates.model import Location
from gates.toolchains.problem import Problem

Rule = tuple[re.Pattern[str], str, str]
"""What a comment must not hold, what that does, and what to do instead."""


def match_rules(
    rules: Sequence[Rule], path: str, row: int, column: int, text: str
) -> Iterator[Problem]:
    """What the rules find in one line of a comment that begins at `row` (from 1), `column` (0)."""
    for pattern, message, fix in rules:
        if found := pattern.search(text):
            begin, end = column + found.start() + 1, column + found.end() + 1
            place = Location(path, row, begin, end)
            yield Problem(f"{message}: {text.strip()[:80]}", place, fix=fix)
