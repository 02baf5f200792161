"""Only AxonErrors are thrown."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def errors_thrown(module: Module, tools: Tools) -> Iterator[Finding]:
    """Sources throw the platform's AxonError and its subclasses, and nothing else.

    The type of what is thrown, or what a promise is rejected with, has to be one: the class of the
    platform's package (`@axon/core`, `axon_...`) is among its bases, whatever it is called here.
    The same holds for what is handed to whoever waits or listens: `emit("error", e)`,
    `controller.abort(e)`, `future.set_exception(e)`, `generator.throw(e)`. Throwing again what was
    caught is fine, and so is what a protocol of Python asks for: AttributeError in `__getattr__`,
    ValueError in a pydantic validator, NotImplementedError as all that a method does. A value of
    unknown type is none, neither is one that was only called an AxonError (`as`, `cast`, an object
    of that shape), and neither are the ends of a process and `assert`.

    Why: the platform turns an AxonError into an answer with a code; anything else is a 500.
    Bad: `throw new Error("no such rule")`, `raise ValueError("no such rule")`, `sys.exit(1)`
    Good: `throw new RuleNotFoundError(id)`, where RuleNotFoundError extends AxonError
    Fix: declare a subclass of AxonError in src/lib/errors and throw that.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    for each in language.check_code(tools).of("errors-thrown"):
        yield errors_thrown.finding(
            each.message, each.location, fix=f"{language.words.throw} a subclass of AxonError"
        )
