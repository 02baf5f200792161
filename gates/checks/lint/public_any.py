"""No Any in what a module offers."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def public_any(module: Module, tools: Tools) -> Iterator[Finding]:
    """No public name has `any` or `Any` in its type, written or inferred, however deep.

    Public is in TypeScript what a file exports, in Python what does not begin with an underscore.
    What the type checker infers counts, also through names of other files. What the types of
    packages are made of does not, and neither does a logger of structlog.

    Why: an `Any` in a signature switches type checking off in everything that calls it.
    Bad: `LOADED = json.loads(text)`, `export type Wild = ReturnType<typeof JSON.parse>`
    Good: `def load(row: Mapping[str, object]) -> Rule: ...`
    Fix: name the type; where it can be anything, `object` or `unknown`, and narrow it.
    """
    from gates.toolchains.languages import language_of

    for each in language_of(module).check_code(tools).of("public-any"):
        yield public_any.finding(
            each.message,
            each.location,
            fix="name the type, or use object or unknown and narrow it",
        )
