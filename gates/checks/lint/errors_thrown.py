"""Only AxonErrors are thrown."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def errors_thrown(module: Module) -> Iterator[Finding]:
    """Sources throw subclasses of AxonError, and nothing else.

    A class counts where its bases, in the module's own sources, lead to AxonError or to an error
    of the platform's packages (`@axon/...`, `axon_...`). Throwing again what was caught is fine,
    and so is what a protocol of Python asks for: AttributeError in `__getattr__`, ValueError in a
    pydantic validator, NotImplementedError in an abstract method. A value whose class the
    sources do not show (the result of a call) is left to the type checker.

    Why: the platform turns an AxonError into an answer with a code; anything else is a 500.
    Bad: `throw new Error("no such rule")`, `raise ValueError("no such rule")`
    Good: `throw new RuleNotFoundError(id)`, where RuleNotFoundError extends AxonError
    Fix: declare a subclass of AxonError in src/lib/errors and throw that.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    throw = language.words.throw
    for name, location in language.find_foreign_errors(module):
        yield errors_thrown.finding(
            f"this {throw}s {name}, which is no AxonError",
            location,
            fix=f"{throw} a subclass of AxonError",
        )
