"""Events, permissions and jobs: what others hear from a module, are granted by it, or send it."""

from __future__ import annotations

from collections.abc import Iterator

from gates.contract.declared.entries import Entry, entries_by, gone, named, pairs, whole_text
from gates.contract.model import Bump, Change
from gates.module import Document

_MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}  # fmt: skip
"""What they stand for (crontab(5)); writing one as the other changes nothing."""


def compare_events(old: Document, new: Document) -> Iterator[Change]:
    """An event that is not published any more breaks who waits for it; nobody waits for a
    subscription, so those never ask for more than a minor version."""
    for key, verb in (("publishes", "publishes"), ("subscribes", "listens to")):
        before, after = (
            entries_by(old, whole_text, "events", key),
            entries_by(new, whole_text, "events", key),
        )
        for name, entry in gone(before, after):
            breaks = key == "publishes"
            lost = f"a module that subscribes to {name} was told, and is not"
            yield Change(
                "events", f"event:{key} {name}", Bump.MAJOR if breaks else Bump.MINOR,
                f"the module {verb} {name} no longer"
                + (", so that its subscribers wait in vain" if breaks else ""),
                old=entry.at(),
                example=lost if breaks else None,
            )  # fmt: skip
        for name, entry in gone(after, before):
            yield Change(
                "events", f"event:{key} {name}", Bump.MINOR, f"the module {verb} {name} now",
                new=entry.at(),
            )  # fmt: skip


def compare_permissions(old: Document, new: Document) -> Iterator[Change]:
    """A permission that is gone breaks the roles that grant it."""
    before, after = (
        entries_by(old, whole_text, "permissions"),
        entries_by(new, whole_text, "permissions"),
    )
    for name, entry in gone(before, after):
        yield Change(
            "permissions", f"permission:{name}", Bump.MAJOR,
            f"the permission {name} is gone, and with it what roles grant by it",
            old=entry.at(), example=f"a role that grants {name} was valid, and is not",
        )  # fmt: skip
    for name, entry in gone(after, before):
        yield Change(
            "permissions", f"permission:{name}", Bump.MINOR, f"the permission {name} is new",
            new=entry.at(),
        )  # fmt: skip


def compare_jobs(old: Document, new: Document) -> Iterator[Change]:
    """Who queues work names the job and its queue; what waits there must still be taken."""
    before, after = entries_by(old, named, "jobs"), entries_by(new, named, "jobs")
    served: dict[str, list[str]] = {}
    for name, entry in gone(after, before):
        served.setdefault(entry.text("queue"), []).append(name)
    for name, entry in gone(before, after):
        queue = entry.text("queue")
        heirs = served.get(queue, [])[:3]
        now = f" (its queue is served by {' and '.join(heirs)} now)" if heirs else ""
        yield Change(
            "jobs", f"job:{name}", Bump.MAJOR,
            f"the job {name} is gone{now}, so that work queued for it is not done",
            old=entry.at(), example=f"{name} in {queue} was done, and is not",
        )  # fmt: skip
    for name, entry in gone(after, before):
        yield Change("jobs", f"job:{name}", Bump.MINOR, f"the job {name} is new", new=entry.at())
    for name, one, other in pairs(before, after):
        yield from _job(name, one, other)


def _job(name: str, old: Entry, new: Entry) -> Iterator[Change]:
    if old.text("queue") != new.text("queue"):
        yield Change(
            "jobs", f"job:{name}", Bump.MAJOR,
            f"the job {name} takes its work from {new.text('queue')} now, so that what is sent to"
            f" {old.text('queue')} stays there",
            old.at("queue"), new.at("queue"),
            f"{name} in {old.text('queue')} was done, and is not",
        )  # fmt: skip
    one, other = _schedule(old), _schedule(new)
    if one == other:
        return
    if not other:
        yield Change(
            "jobs", f"job:{name}", Bump.MAJOR,
            f"the job {name} does not run by itself any more; it ran at {one}",
            old.at("schedule"), new.at(), f"at {one} {name} ran, and does not",
        )  # fmt: skip
    else:
        was = f", it was {one}" if one else ""
        yield Change(
            "jobs", f"job:{name}", Bump.MINOR,
            f"the job {name} runs by itself at {other}{was}: the same work at another time",
            old.at("schedule"), new.at("schedule"),
        )  # fmt: skip


def _schedule(entry: Entry) -> str:
    text = " ".join(entry.text("schedule").split())
    return _MACROS.get(text, text)
