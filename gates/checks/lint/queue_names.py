"""Queues are opened through the platform's helper, under the module's own prefix."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def queue_names(module: Module, tools: Tools) -> Iterator[Finding]:
    """A BullMQ queue has the name and the prefix that `tenantQueue("tenant:<module>:...")` made.

    The classes of BullMQ are called and nothing else: no subclass, no other name, no passing on.
    In Python the helper is `tenant_queue()`. What it is given begins with the module's prefix, as a
    literal or a constant; a name that cannot be read is an error. The options hold the prefix of
    the same result, written there and not brought in by a spread behind it.

    Why: all modules share one Redis, and a queue without the prefix takes another module's jobs.
    Bad: `new Queue("emails", options)`, `new Queue(name, { prefix: "tenant:billing" })`
    Good: `const { name, prefix } = tenantQueue("tenant:alert-engine:emails");
        new Queue(name, { prefix, connection })`
    Fix: give tenantQueue() the whole name as a literal, and BullMQ what it makes of it.
    """
    from gates.toolchains.languages import language_of

    if not module.slug:
        raise CouldNotCheckError("without a usable slug the prefix of queues is not known")
    for each in language_of(module).check_code(tools).of("queue-names"):
        yield queue_names.finding(
            each.message,
            each.location,
            fix=f'open it through the platform\'s helper, as "tenant:{module.slug}:<name>"',
        )
