"""A run over the fleet: tasks with their keys, what is known already, the outcomes as they come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from gates import __version__
from gates.errors import GatesError
from gates.fleet.engines import longest_first
from gates.fleet.journal import Journal
from gates.fleet.members import Member
from gates.fleet.task import ERROR, Outcome, Task
from gates.module import load
from gates.settings import load_policy

Engine = Callable[[Sequence[Task]], Iterator[Outcome]]


def make_tasks(
    members: Sequence[Member],
    arguments: tuple[str, ...],
    policy: Path | None,
    limit: float,
    effective: str = "",
) -> tuple[list[Task], list[Outcome]]:
    """A task for each module, and an error for each that cannot be loaded.

    A key stands for the module's content, its policy, this version of gates and the arguments.
    `effective` is the day as of which each is run once more.
    """
    tasks, errors = [], []
    for each in members:
        try:
            module = load(each.path)
            held = load_policy(each.path, policy).for_module(module.slug).digest
        except GatesError as error:
            key = hashlib.sha256(f"{each.path}".encode()).hexdigest()
            errors.append(Outcome(each.name, key, ERROR, 0.0, reason=error.message))
            continue
        deciding = [str(each.path), module.digest, held, __version__, arguments, effective]
        key = hashlib.sha256(json.dumps(deciding).encode()).hexdigest()
        tasks.append(Task(each.name, str(each.path), key, arguments, limit, effective))
    return tasks, errors


def run_fleet(
    tasks: Sequence[Task],
    errors: Sequence[Outcome],
    journal: Journal,
    engine: Engine,
    *,
    resume: bool,
    tell: Callable[[Outcome, bool], None],
) -> tuple[Outcome, ...]:
    """Run what is not known yet, and write down each outcome as it comes; all, by name.

    With `resume`, what the broken-off run has found under the same key is taken as it is, unless
    it was found because something was missing. `tell` hears of each outcome, and whether it was
    known. An interrupt goes through; what had ended is in the journal.
    """
    known = journal.begin(resume=resume)
    found = {each.name: each for each in errors}
    for each in errors:
        journal.keep(each)
        tell(each, False)
    waiting = []
    for task in tasks:
        kept = known.get(task.key)
        if kept is not None and kept.lasting and kept.name == task.name:
            found[task.name] = kept
            tell(kept, True)
        else:
            waiting.append(task)
    for outcome in engine(longest_first(waiting, seconds_before(journal))):
        journal.keep(outcome)
        found[outcome.name] = outcome
        tell(outcome, False)
    return tuple(found[name] for name in sorted(found))


def seconds_before(journal: Journal) -> Mapping[str, float]:
    """How long each module took the last time, by name."""
    return {name: each.seconds for name, each in journal.before().items() if each.seconds}
