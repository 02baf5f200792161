"""A plan of the move, as its file says it, and what follows from its numbers. Pure.

Times are seconds from the start of the window, durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gates.records import dataclass, field

FACTOR = 1.5
"""How much of its budget a step may take before it is stopped, where the plan says nothing."""


@dataclass(frozen=True)
class Check:
    """What shows that a step did what it should: a query or a command."""

    sql: str = ""
    """One query, run in a transaction that is read only."""
    expect: str = ""
    """The text of the only value that the query gives."""
    command: tuple[str, ...] = ()
    """A program and its arguments; it passes with exit status 0."""


@dataclass(frozen=True)
class WayBack:
    """How what a step did is undone."""

    kind: str
    """"restore" (the backup is restored), "nothing" (it changes nothing), "command", "none"."""
    command: tuple[str, ...] = ()
    reason: str = ""
    """Why there is none; only after the point of no return."""
    check: Check | None = None
    """What shows that the command undid it."""
    budget: float = 0.0
    """Seconds of the command; 0 where it is a part of the whole rollback's time."""


@dataclass(frozen=True)
class Step:
    """One step, with the line of the plan that it begins on."""

    id: str
    title: str
    budget: float
    people: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    action: str = ""
    """Name of a built-in action; exactly one of action and command is given."""
    command: tuple[str, ...] = ()
    factor: float = FACTOR
    check: Check | None = None
    way_back: WayBack | None = None
    repeatable: bool = False
    """Whether a command may be run again after it was interrupted."""
    point_of_no_return: bool = False
    line: int = 0

    @property
    def limit(self) -> float:
        """Seconds after which it is stopped."""
        return self.budget * self.factor


@dataclass(frozen=True)
class Criterion:
    """One condition of go or no-go: a measure that is large or small enough."""

    measure: str
    at_least: float | None = None
    at_most: float | None = None
    line: int = 0


@dataclass(frozen=True)
class Claim:
    """One place of the plan that says how long a rollback takes."""

    what: str
    seconds: float
    line: int


@dataclass(frozen=True)
class Plan:
    """The whole plan."""

    name: str
    starts: datetime
    window: float
    people: Mapping[str, str]
    """Role by name."""
    steps: tuple[Step, ...]
    rollback: tuple[Step, ...]
    """The steps of the way back as a whole, in order."""
    rollback_within: float
    criteria: tuple[Criterion, ...] = ()
    claims: tuple[Claim, ...] = ()
    """Every duration that the plan names for a rollback."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the built-in actions are told: jobs, modules, lock_timeout."""
    sha256: str = ""
    """Of the file, in hex: rehearsals are of exactly this plan."""
    window_line: int = 0

    @property
    def budgets(self) -> float:
        """Seconds of all steps, one after the other."""
        return sum(each.budget for each in self.steps)

    @property
    def limits(self) -> float:
        """Seconds that the steps may take before any of them is stopped."""
        return sum(each.limit for each in self.steps)

    @property
    def way_back(self) -> float:
        """Seconds that a rollback takes: the longest that the plan names."""
        undone = sum(each.way_back.budget for each in self.steps if each.way_back)
        return max(
            (
                self.rollback_within,
                undone + sum(each.budget for each in self.rollback),
                *(each.seconds for each in self.claims),
            )
        )

    @property
    def last_rollback(self) -> float:
        """The latest second of the window at which a rollback still fits; below 0 for never."""
        return self.window - self.way_back

    @property
    def undoing(self) -> tuple[Step, ...]:
        """The steps' own commands of the way back, the last step's first: `undo-<id>`. They come
        before `rollback`, only those of steps that began, and may be run again."""
        return tuple(
            Step(
                f"undo-{each.id}", f"undo: {each.title}", back.budget or self.rollback_within,
                each.people, command=back.command, factor=each.factor, check=back.check,
                repeatable=True, line=each.line,
            )
            for each in reversed(ordered(self.steps)[0])
            if (back := each.way_back) and back.kind == "command"
        )  # fmt: skip

    def clock(self, seconds: float) -> str:
        """A second of the window as a time of day, with its date and offset (RFC 3339)."""
        return (self.starts + timedelta(seconds=seconds)).isoformat(timespec="minutes")

    def step(self, name: str) -> Step:
        """The step of this id. Raises `KeyError`."""
        return {each.id: each for each in self.steps}[name]


def ordered(steps: Sequence[Step]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The steps in an order that each `after` allows, nearest to that of the file; and the ids of
    those that wait for each other, or for a step that is not there."""
    left, done, result = list(steps), set[str](), list[Step]()
    while ready := next((each for each in left if done.issuperset(each.after)), None):
        left.remove(ready)
        done.add(ready.id)
        result.append(ready)
    return tuple(result), tuple(each.id for each in left)


def minutes(seconds: float) -> str:
    """A duration for people: "45 min", "1.5 s"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.4g} min"
