"""oxlint, with the platform's rules."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT, language="typescript")
def oxlint(module: Module, tools: Tools) -> Iterator[Finding]:
    """Sources and tests pass oxlint, under the platform's rules and with type information.

    The rules are typescript-eslint's `recommendedTypeChecked`, as oxlint has them, and among
    others no `any` in any form (annotation, cast, implied), no `console` and no thrown value that
    is no Error. The module's own configuration is not read; comments such as `eslint-disable` and
    `oxlint-disable` have no effect.

    Why: an `any` switches the compiler off for all that it touches.
    Bad: `export function total(rows: any): number { console.log(rows); return rows.size; }`
    Good: `export function total(rows: readonly Row[]): number { return rows.length; }`
    Fix: the rule's name is in the finding; its page says what to write instead.
    """
    from gates.toolchains.languages.typescript import oxlint as tool
    from gates.toolchains.languages.typescript.oxlint_fixes import with_repaired
    from gates.toolchains.languages.typescript.platform_tools import sources

    files = sources(module, tests=True)
    found = list(tool.run(tools, CONFIG, files, typed=True))
    for problem in with_repaired(tools, CONFIG, found):
        yield oxlint.finding(
            problem.message,
            problem.location,
            fix=FIXES.get(problem.rule or "", "see the rule's page"),
            rule=problem.rule,
            repaired=problem.repaired,
        )


CONFIG = "oxlint.json"
FIXES = {
    "no-console": "log through @axon/logger",
    "@typescript-eslint/no-explicit-any": "name the type, or use unknown and narrow it",
    "@typescript-eslint/no-unsafe-assignment": "give the value a type, or parse it with zod",
    "@typescript-eslint/no-unsafe-member-access": "give the value a type, or parse it with zod",
    "@typescript-eslint/no-unsafe-call": "give the value a type, or parse it with zod",
    "@typescript-eslint/no-unsafe-return": "give the value a type, or parse it with zod",
    "@typescript-eslint/no-unsafe-argument": "give the value a type, or parse it with zod",
    "@typescript-eslint/no-floating-promises": "await it, or pass its error on",
    "@typescript-eslint/only-throw-error": "throw a subclass of AxonError",
}
