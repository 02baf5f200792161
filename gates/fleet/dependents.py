"""What a release would do to the modules that depend on it, before it is one.

Each is run twice: as the catalog is, and as it would be with the candidate. Only what passes now
and fails then counts against the candidate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from gates.catalog.resolve import read_dependency
from gates.errors import CouldNotCheckError, UsageError
from gates.fleet import FAILING, FIXED, PASSING, REGRESSED, SPURIOUS, UNKNOWN
from gates.fleet.members import Member
from gates.fleet.task import ERROR, Outcome, Task
from gates.module import Module, load
from gates.records import dataclass, replace


@dataclass(frozen=True)
class Dependent:
    """A module that needs the candidate, directly or over others."""

    member: Member
    over: str
    """The slug of the module in between; "" where it names the candidate itself."""


@dataclass(frozen=True)
class Compared:
    """What the candidate does to one of them."""

    name: str
    over: str
    state: str
    """One of `STATES`."""
    reason: str
    """What was seen, in a sentence."""
    checks: tuple[str, ...]
    """Those that pass now and would fail; of what is fixed, those that fail now."""
    flaky: int
    """Of `repeated` further runs as the catalog is, those that ended in another way."""
    repeated: int


def find_dependents(candidate: Module, members: Iterable[Member]) -> tuple[Dependent, ...]:
    """Those of the members that need the candidate's module, in order of their names.

    Raises `CouldNotCheckError` for one whose manifest cannot be read, since it may be one of them,
    and where two have the same slug, since one of them would stand for both.
    """
    needs: dict[str, tuple[Member, frozenset[str]]] = {}
    for each in members:
        try:
            module = load(each.path)
            listed = module.require_manifest().get("dependencies")
        except (UsageError, CouldNotCheckError) as error:
            raise CouldNotCheckError(
                f"whether {each.name} depends on {candidate.slug} is not known: {error.message}",
                hint="leave it out of the list, or mend its manifest",
            ) from error
        read = [read_dependency(entry) for entry in listed or ()]
        if module.slug in needs:
            raise CouldNotCheckError(
                f"{needs[module.slug][0].name} and {each.name} are both the module {module.slug}",
                hint="leave one of them out of the list",
            )
        needs[module.slug] = each, frozenset(one.slug for one in read if one)
    found: dict[str, str] = {}
    reached = {candidate.slug: ""}
    while reached:
        following = {
            slug: over
            for over in reached
            for slug, (_, needed) in needs.items()
            if over in needed and slug not in found and slug != candidate.slug
        }
        found |= following
        reached = following
    dependents = (
        Dependent(needs[slug][0], "" if over == candidate.slug else over)
        for slug, over in found.items()
    )
    return tuple(sorted(dependents, key=lambda each: each.member.name))


def tasks_for(task: Task, candidate: Module, repeated: int) -> tuple[Task, Task, tuple[Task, ...]]:
    """The run as the catalog is, the one with the candidate, and further ones of the first kind.

    Further runs use no kept results, which could not differ."""

    def varied(*more: str, mark: str = "") -> Task:
        deciding = [task.key, candidate.digest, more, mark]
        key = hashlib.sha256(json.dumps(deciding).encode()).hexdigest()
        return replace(task, key=key, arguments=(*task.arguments, *more))

    again = tuple(varied("--fresh", mark=str(number)) for number in range(repeated))
    return varied(), varied("--candidate", str(candidate.root)), again


def gate_dependents(
    candidate: Module,
    dependents: Sequence[Dependent],
    tasks: Mapping[str, Task],
    engine: Callable[[Sequence[Task]], Iterator[Outcome]],
    *,
    repeated: int,
    tell: Callable[[Outcome], None],
) -> tuple[Compared, ...]:
    """Run every dependant in both worlds and compare; `tasks` are the plain runs by name."""
    runs = {each.member.name: tasks_for(tasks[each.member.name], candidate, repeated)
            for each in dependents}  # fmt: skip
    every = [one for now, then, again in runs.values() for one in (now, then, *again)]
    ended: dict[str, Outcome] = {}
    for outcome in engine(every):
        ended[outcome.key] = outcome
        tell(outcome)
    return tuple(
        compare(each, ended[now.key], ended[then.key], tuple(ended[one.key] for one in again))
        for each in dependents
        for now, then, again in (runs[each.member.name],)
    )


def compare(
    dependent: Dependent, now: Outcome, then: Outcome, again: Sequence[Outcome] = ()
) -> Compared:
    """How a dependant stands, from a run as the catalog is, one with the candidate, and further
    ones of the first kind, which tell whether its verdict can be relied upon at all."""
    flaky = sum(_seen(each) != _seen(now) for each in again)
    failing_now, failing_then = _failing(now), _failing(then)
    broken = tuple(sorted(failing_then - set(now.not_passed)))

    def told(state: str, reason: str, checks: tuple[str, ...] = ()) -> Compared:
        return Compared(
            dependent.member.name, dependent.over, state, reason, checks, flaky, len(again)
        )

    if now.verdict == ERROR:
        return told(UNKNOWN, f"as the catalog is, {now.reason}")
    if then.verdict == ERROR:
        return told(UNKNOWN if then.lasting else SPURIOUS, f"with the candidate, {then.reason}")
    if broken and flaky:
        return told(UNKNOWN, "it ends in another way when it is run again", broken)
    if broken:
        return told(REGRESSED, _first(then, broken), broken)
    lost = sorted(set(then.not_passed) - set(now.not_passed))
    if lost:
        return told(UNKNOWN, f"with the candidate not checked: {_first(then, lost)}", tuple(lost))
    if failing_now and not failing_then and then.verdict == "pass":
        return told(FIXED, "passes with the candidate", tuple(sorted(failing_now)))
    if failing_then:
        return told(FAILING, _first(then, tuple(sorted(failing_then))))
    if then.verdict != "pass":
        return told(UNKNOWN, f"not checked in either: {_first(then, sorted(then.not_passed))}")
    return told(PASSING, "passes both ways")


def _failing(outcome: Outcome) -> set[str]:
    return {check for check, verdict in outcome.not_passed.items() if verdict == "fail"}


def _seen(outcome: Outcome) -> tuple[str, Mapping[str, str]]:
    return outcome.verdict, outcome.not_passed


def _first(outcome: Outcome, checks: Sequence[str]) -> str:
    """What the outcome says of the first of the checks."""
    for each in outcome.blocking:
        name, _, message = each.partition(": ")
        if name.rpartition(" ")[2] in checks:
            return message
    return ", ".join(checks)
