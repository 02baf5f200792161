"""Handlers of routes and jobs run in a span."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def handlers_traced(module: Module, tools: Tools) -> Iterator[Finding]:
    """Each handler of a platform's Route or Job starts a span of OpenTelemetry.

    The handler is a function of the module, or one wrapped by such. It, or a function of the module
    that it names, calls startActiveSpan() or startSpan(), in Python start_as_current_span() or
    start_span(), of a tracer of OpenTelemetry. A handler that cannot be read is an error.

    Why: without a span nobody sees which module a slow or failing request was in.
    Bad: `const job: Job = { .., handler: () => collect() }`, where nothing starts a span
    Good: `with tracer.start_as_current_span("notes.collect"):` in the handler
    Fix: start a span in the handler, or wrap it in a function that does.
    """
    from gates.toolchains.languages import language_of

    for each in language_of(module).check_code(tools).of("handlers-traced"):
        yield handlers_traced.finding(
            each.message, each.location, fix="start a span of OpenTelemetry in the handler"
        )
