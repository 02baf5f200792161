"""Comments do not switch the standard off."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def suppressions(module: Module) -> Iterator[Finding]:
    """No comment switches a tool off, but for one place and by name.

    `# type: ignore[code]` and `// @ts-expect-error reason` are fine: they name what they ignore,
    and the type checker reports them once they are not needed; a library's untyped call needs a
    reason: `# type: ignore[no-untyped-call]  # why`. Not fine are `# type: ignore` without a code,
    or of codes that ask for types, `# mypy:` comments, `@ts-ignore`, `@ts-nocheck`,
    `@ts-expect-error` without a reason, and comments that take lines out of the coverage of
    TypeScript. `# noqa`, `# nosec`,
    `# pragma: no cover` and `eslint-disable` have no effect in the gates, and are not reported.

    Why: a comment that hides one mistake today hides every later one at its place.
    Bad: `// @ts-nocheck`
    Good: `// @ts-expect-error the types of left-pad lack its third argument`
    Fix: correct what the tool reports, or name exactly what is ignored, and why.
    """
    from gates.toolchains.languages import language_of

    for problem in language_of(module).find_suppressions(module):
        yield suppressions.finding(problem.message, problem.location, fix=problem.fix)
