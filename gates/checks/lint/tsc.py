"""The TypeScript compiler, strict."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.toolchains import Tools


@check(Stage.LINT, language="typescript")
def tsc(tools: Tools) -> Iterator[Finding]:
    """Sources and tests compile under the platform's strict options.

    Target and library are ES2023, modules are resolved as Node does (NodeNext), `strict`,
    `noImplicitOverride`, `noImplicitReturns` and `noFallthroughCasesInSwitch` are on. The
    module's own tsconfig.json is not read.

    Why: an option that one module switches off hides the mistakes that the others cannot make.
    Bad: `function total(rows) { return rows.size; }`
    Good: `function total(rows: readonly Row[]): number { return rows.length; }`
    Fix: correct the type at the place of the finding.
    """
    from gates.toolchains.languages.typescript.code_rules import check_code

    for problem in check_code(tools).problems:
        yield tsc.finding(
            problem.message,
            problem.location,
            fix=problem.fix or "correct the type",
            detail=problem.detail,
            rule=problem.rule,
        )
