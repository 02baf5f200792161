"""ruff format, with the platform's style."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.toolchains import Tools


@check(Stage.LINT, language="python")
def ruff_format(tools: Tools) -> Iterator[Finding]:
    """Python sources and tests are laid out as `ruff format` lays them out.

    Lines are 88 characters wide, or what `line-length` in the module's own configuration of ruff
    says, between 79 and 120. Nothing else of that configuration is read.

    Why: no review is ever about layout, and a diff shows only what changed.
    Bad: `x = {'a':1}`
    Good: `x = {"a": 1}`
    Fix: run `ruff format`.
    """
    from gates.toolchains.languages.python import ruff as tool

    for problem in tool.check_format(tools):
        yield ruff_format.finding(
            problem.message,
            problem.location,
            fix="run ruff format",
            detail=problem.detail,
            repaired=True,
        )
