"""Queue names begin with the module's own prefix."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.LINT)
def queue_names(module: Module) -> Iterator[Finding]:
    """The name of every BullMQ queue in the sources begins with `tenant:<module>:`.

    Looked at are the queues and workers that sources open. A name may be a literal, a template
    or a constant of the module, and may go through the platform's `tenantQueue()`. A name that
    the sources do not show is a warning.

    Why: all modules share one Redis, and a queue without the prefix takes another module's jobs.
    Bad: `new Queue("emails", options)`
    Good: `new Queue("tenant:alert-engine:emails", options)`
    Fix: write the prefix into the name, as a literal or a constant.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    if not module.slug:
        raise CouldNotCheckError("without a usable slug the prefix of queues is not known")
    prefix = f"tenant:{module.slug}:"
    for name, location in language.find_queues(module):
        if name is None:
            yield queue_names.finding(
                "the name of this queue cannot be read from the sources",
                location,
                level=Level.WARNING,
                fix=f'use a literal or a constant that begins with "{prefix}"',
            )
        elif not name.startswith(prefix):
            yield queue_names.finding(
                f'the queue "{name}" does not begin with "{prefix}"',
                location,
                fix=f'call it "{prefix}{name.rpartition(":")[2]}"',
            )
