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
    """What the rules find in a comment that begins at `row` (from 1), `column` (0)."""
    for pattern, message, fix in rules:
        for found in pattern.finditer(text):
            *above, start = text[: found.start()].split("\n")
            begin = len(start) + 1 + (0 if above else column)
            one_line = "\n" not in found[0]
            end = begin + len(found[0]) if one_line else None
            shown = text.split("\n")[len(above)] if one_line else found[0]
            yield Problem(
                f"{message}: {' '.join(shown.split())[:80]}",
                Location(path, row + len(above), begin, end),
                fix=fix,
            )
