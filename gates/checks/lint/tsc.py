"""The TypeScript compiler, strict."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT, language="typescript")
def tsc(module: Module, tools: Tools) -> Iterator[Finding]:
    """Sources and tests compile under the platform's strict options.

    Target and library are ES2023, modules are resolved as Node does (NodeNext), `strict`,
    `noImplicitOverride`, `noImplicitReturns` and `noFallthroughCasesInSwitch` are on. The
    module's own tsconfig.json is not read.

    Why: an option that one module switches off hides the mistakes that the others cannot make.
    Bad: `function total(rows) { return rows.size; }`
    Good: `function total(rows: readonly Row[]): number { return rows.length; }`
    Fix: correct the type at the place of the finding.
    """
    from gates.toolchains.languages.typescript.compiler import compile_typescript
    from gates.toolchains.languages.typescript.platform_tools import sources

    files = sources(module, tests=True)
    if not files:
        raise CouldNotCheckError("there is no TypeScript file to look at")
    for problem in compile_typescript(tools, files, {"noEmit": True}):
        yield tsc.finding(
            problem.message,
            problem.location,
            fix=problem.fix or "correct the type",
            detail=problem.detail,
            rule=problem.rule,
        )
