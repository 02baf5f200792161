"""Where a run stands, from its plan and its journal alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gates.move.journal import Entry
from gates.move.plan import Plan, Step, ordered
from gates.records import dataclass, field

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


@dataclass(frozen=True)
class StepProgress:
    """One step: how far it is, and how long it took."""

    step: Step
    state: str = WAITING
    seconds: float = 0.0
    """Of all its tries together."""
    tries: int = 0
    note: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """A whole run."""

    plan: Plan
    steps: tuple[StepProgress, ...]
    back: tuple[StepProgress, ...]
    state: str
    """"new", "running", "stopped", "rolling back", "rolled back", "done"."""
    started: float = 0.0
    """Seconds since 1970, UTC; 0 before the run."""
    last: float = 0.0
    """The latest time of any entry."""
    note: str = ""

    @property
    def next(self) -> Step | None:
        """The step to run now."""
        return next((each.step for each in self.steps if each.state != DONE), None)

    @property
    def returns(self) -> bool:
        """Whether there is a way back: the point of no return is not behind."""
        return not any(each.tries and each.step.point_of_no_return for each in self.steps)


def progress(plan: Plan, entries: Sequence[Entry]) -> Progress:
    """What the entries of a journal say about each step of the plan."""
    steps = {each.id: StepProgress(each) for each in ordered(plan.steps)[0]}
    back = {each.id: StepProgress(each) for each in (*plan.undoing, *plan.rollback)}
    state, started, note, last = "new", 0.0, "", 0.0
    table = steps
    for entry in entries:
        last = max(last, entry.at)
        if entry.event == "opened":
            started, state = started or entry.at, "running"
        elif entry.event == "rollback":
            state, table, note = "rolling back", back, ""
        elif entry.event in ("stopped", "finished", "rolled-back"):
            state = {"stopped": "stopped", "finished": "done", "rolled-back": "rolled back"}[
                entry.event
            ]
            note = entry.note
        elif entry.step in table:
            table[entry.step] = _after(table[entry.step], entry)
            if state == "stopped":
                state = "running"
    return Progress(plan, (*steps.values(),), (*back.values(),), state, started, last, note)


def _after(before: StepProgress, entry: Entry) -> StepProgress:
    seconds = before.seconds + entry.seconds
    if entry.event == "began":
        return StepProgress(before.step, RUNNING, seconds, before.tries + 1)
    kind = DONE if entry.event == "ended" else FAILED
    return StepProgress(before.step, kind, seconds, before.tries, entry.note, entry.figures)
