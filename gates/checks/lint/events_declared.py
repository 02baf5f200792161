"""The events of module.json are those that the sources publish and hear."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def events_declared(module: Module) -> Iterator[Finding]:
    """The events of module.json are those that the sources publish and hear.

    An event is published by `publish(name, payload)` of a request's context: a parameter typed
    as `RequestContext`, or one called context or ctx. The name may be a literal, a constant of the
    module, a template of them, or an argument of a function of the module. A subscription is found
    where the sources give the name to `subscribe()`, or write it as a text.

    Why: other modules build on the events in module.json; one that never comes leaves them waiting,
        and one that nobody was told of cannot be subscribed to.
    Bad: `context.publish("x.rule.changed", ...)`, while events.publishes has "x.rule.updated"
    Good: every name in events.publishes is published somewhere, and no other name is
    Fix: correct the name in module.json or in the sources, so that both say the same.
    """
    from gates.checks.lint._declared import LITERAL, unread
    from gates.contract.declared.entries import entries_by, whole_text
    from gates.toolchains.languages import language_of

    document = module.require_manifest()
    found = language_of(module).read_offers(module)
    for key, texts, verb in (
        ("publishes", found.published, "published"),
        ("subscribes", found.subscribed, "subscribed to"),
    ):
        listed = entries_by(document, whole_text, "events", key)
        used: set[str] = set() if key == "publishes" else set(found.texts)
        unknown = False
        for text in texts:
            if text.values is None:
                unknown = True
                yield events_declared.finding(
                    unread(text, f"the name of the event that is {verb} here"),
                    text.location,
                    fix=LITERAL,
                )
            for name in text.values or ():
                used.add(name)
                if name not in listed:
                    yield events_declared.finding(
                        f"module.json does not list the event {name}, which is {verb} here",
                        text.location,
                        fix=f'add "{name}" to events.{key}',
                    )
        for name, entry in listed.items():
            if name not in used and not unknown:
                yield events_declared.finding(
                    f"the event {name} is {verb} nowhere in the sources",
                    entry.at(),
                    fix="correct the name, or remove it",
                )
