"""mypy --strict."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT, language="python")
def mypy(module: Module, tools: Tools) -> Iterator[Finding]:
    """Python sources pass `mypy --strict` against the packages that the module has locked.

    The configuration is the platform's; the module's own, its plug-ins included, is not read.
    `# type: ignore[code]` counts where it names what it ignores (see the check suppressions).

    Why: strict types are what holds a module together when the platform below it changes.
    Bad: `def total(rows) -> int: return rows.sum`
    Good: `def total(rows: Sequence[Row]) -> int: return sum(row.size for row in rows)`
    Fix: annotate it, or correct the type at the place of the finding.
    """
    from gates.toolchains.languages.python import mypy as tool
    from gates.toolchains.languages.python.code_rules import check_code
    from gates.toolchains.languages.python.sources.trees import python_nodes, python_trees

    settings = tool.settings_classes(
        node for path in python_trees(module) for node in python_nodes(module, path)
    )
    for problem in check_code(tools).problems:
        if not tool.is_false_alarm(problem, settings):
            yield mypy.finding(
                problem.message,
                problem.location,
                fix=problem.fix or "correct the type, or annotate what has none",
                rule=problem.rule,
            )
