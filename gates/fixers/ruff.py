"""The safe fixes of ruff."""

from __future__ import annotations

from gates.fixer import Changes, fixer
from gates.toolchains import Tools


@fixer(
    followed_by=("ruff-format",),
    proved_by=("ruff-format", "mypy", "suppressions", "unchecked-code"),
)
def ruff(tools: Tools) -> Changes:
    """Python files after the fixes that ruff calls safe, under the platform's rules."""
    from gates.toolchains.languages.python import ruff as tool

    return tool.fix(tools)
