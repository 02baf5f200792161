"""What is logged for a request carries its correlation id."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def logs_correlated(module: Module, tools: Tools) -> Iterator[Finding]:
    """A function that has a RequestContext does not log by the logger of the whole module.

    It logs by what forContext(), in Python for_context(), made of it, or gives the line the
    context's correlation id.

    Why: only by the correlation id are the lines of one request found among all others.
    Bad: `logger.info("rule created")` in a function with a parameter `context: RequestContext`
    Good: `logger.forContext(context).info("rule created")`, `for_context(LOGGER, context).info(..)`
    Fix: bind the logger to the context.
    """
    from gates.toolchains.languages import language_of

    for each in language_of(module).check_code(tools).of("logs-correlated"):
        yield logs_correlated.finding(
            each.message, each.location, fix="log by a logger that is bound to the context"
        )
