"""ruff, with the platform's rules."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.toolchains import Tools


@check(Stage.LINT, language="python")
def ruff(tools: Tools) -> Iterator[Finding]:
    """Python sources and tests pass ruff, under the platform's rules.

    They ask for annotations everywhere and no `Any`, no print, current syntax, sorted imports,
    no blind except and no naive times. The module's own configuration of ruff is not read, but
    for `line-length` between 79 and 120; `# noqa` has no effect.

    Why: one set of rules for every module lets anyone read and change any of them.
    Bad: `def total(rows): print(rows)`
    Good: `def total(rows: Sequence[Row]) -> int: ...`
    Fix: `ruff check --fix` fixes most of it; the rule's name is in the finding.
    """
    from gates.toolchains.languages.python import ruff as tool

    for problem in tool.check(tools):
        yield ruff.finding(
            problem.message,
            problem.location,
            fix=problem.fix,
            rule=problem.rule,
            repaired=problem.repaired,
        )
