"""The jobs and queues of module.json are those of the sources."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def queues_declared(module: Module, tools: Tools) -> Iterator[Finding]:
    """The jobs and queues of module.json are those of the sources.

    A job is an object, or in Python a call of `Job`, with a name, a queue and a handler or a
    schedule. Queues that the sources open with BullMQ count too: each must belong to a job. A job
    that the sources do not show is a warning: `register-matches-manifest` asks the built module.

    Why: the platform starts workers and schedules from module.json. A job that is only there has
        nobody to do it; one that is only in the code is never started.
    Bad: `"queue": "tenant:x:purge"` in jobs, while the sources work on "tenant:x:clean"
    Good: one entry in jobs for each job, with the same name, queue and schedule
    Fix: add the entry or the job that the finding names, or make both say the same.
    """
    from gates.checks.lint._declared import LITERAL, unread
    from gates.contract.declared.entries import entries_by, named
    from gates.toolchains.languages import language_of

    document = module.require_manifest()
    language = language_of(module)
    found = language.read_offers(module)
    listed = entries_by(document, named, "jobs")
    done: set[str] = set()
    unknown = False
    for job in found.jobs:
        texts = [job.name, job.queue, *([job.schedule] if job.schedule is not None else [])]
        for text, what in zip(texts, ("name", "queue", "schedule"), strict=False):
            if text.values is None:
                unknown = True
                yield queues_declared.finding(
                    unread(text, f"the {what} of this job"),
                    text.location,
                    level=Level.WARNING,
                    fix=LITERAL,
                )
        for name in job.name.values or ():
            done.add(name)
            if name not in listed:
                yield queues_declared.finding(
                    f"module.json does not list the job {name}",
                    job.name.location,
                    fix=f'add {{"name": "{name}", "queue": "tenant:{module.slug}:{name}"}} to jobs',
                )
                continue
            for text, key in zip(texts[1:], ("queue", "schedule"), strict=False):
                said = listed[name].text(key)
                if text.values is not None and said not in text.values:
                    says = f"is {said}" if said else "is not given"
                    yield queues_declared.finding(
                        f"the {key} of the job {name} {says} in module.json, and"
                        f" {text.values[0] or 'none'} in the sources",
                        listed[name].at(key),
                        fix=f'write "{key}": "{text.values[0]}", or change the sources',
                    )
            if job.schedule is None and listed[name].text("schedule"):
                yield queues_declared.finding(
                    f"the job {name} has a schedule in module.json, and none in the sources",
                    listed[name].at("schedule"),
                    fix="give the job its schedule, or remove it from module.json",
                )
    for name, entry in listed.items():
        if name not in done and not unknown:
            yield queues_declared.finding(
                f"no job in the sources is called {name}",
                entry.at("name"),
                fix="add the job, or remove the entry",
            )
    queues = {entry.text("queue") for entry in listed.values()}
    queues |= {queue for job in found.jobs for queue in job.queue.values or ()}
    for queue, place in language.check_code(tools).queues:
        # queue-names says so where the name is not known, or has another prefix.
        if queue is not None and queue.startswith(f"tenant:{module.slug}:") and queue not in queues:
            yield queues_declared.finding(
                f"no job in module.json has the queue {queue}, which is opened here",
                place,
                fix="add the job that works on it to jobs",
            )
