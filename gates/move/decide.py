"""Go or no-go: the plan's criteria, held against rehearsals and what is measured now. Pure.

What could not be measured is no-go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from gates.move.plan import Criterion, Plan
from gates.move.record import Rehearsal
from gates.records import dataclass

_SKEW = 300.0
"""Seconds by which the clock of whoever rehearsed may be ahead."""


@dataclass(frozen=True)
class Judged:
    """One criterion, what was measured, and whether that is enough."""

    criterion: Criterion
    measured: float | None
    """None where it could not be measured."""

    @property
    def met(self) -> bool:
        """Whether it says go."""
        if self.measured is None or self.measured != self.measured:  # NaN
            return False
        least, most = self.criterion.at_least, self.criterion.at_most
        return (least is None or self.measured >= least) and (most is None or self.measured <= most)

    def __str__(self) -> str:
        least, most = self.criterion.at_least, self.criterion.at_most
        wanted = f"at least {least:g}" if least is not None else f"at most {most:g}"
        shown = "could not be measured" if self.measured is None else f"is {self.measured:.4g}"
        return (
            f"{self.criterion.measure} {shown}, {wanted} is asked: {'go' if self.met else 'NO-GO'}"
        )


def decide(plan: Plan, measured: Mapping[str, float]) -> tuple[Judged, ...]:
    """Each criterion of the plan with what was measured."""
    return tuple(Judged(each, measured.get(each.measure)) for each in plan.criteria)


def go(judged: Sequence[Judged]) -> bool:
    """Whether all criteria say go; none at all is no-go."""
    return bool(judged) and all(each.met for each in judged)


def from_rehearsals(
    plan: Plan, series: Sequence[Rehearsal], now: datetime, size: int | None
) -> dict[str, float]:
    """What rehearsals measured. `size` are the bytes of the real database, None if not known."""
    found: dict[str, float] = {}
    passed = [one for each in series for one in each.rehearsals if one.passed]
    backs = [one.rollback for one in passed if one.rollback is not None and one.equal]
    found["rehearsals"] = float(len(passed))
    found["rehearsed-rollbacks"] = float(len(backs))
    if faults := [one for each in series for one in each.faults]:
        found["faults-survived"] = sum(one.survived for one in faults) / len(faults)
    if passed and backs:
        worst = max(one.seconds for one in passed) + max(backs)
        found["worst-of-window"] = worst / plan.window
        found["worst-rollback-minutes"] = max(backs) / 60
    if series:
        made = max(datetime.fromisoformat(each.made) for each in series)
        age = (now - made).total_seconds()
        if age > -_SKEW:  # beyond that one of two clocks is wrong, and the age is not known
            found["rehearsal-age-days"] = max(age, 0.0) / 86400
        if size:
            found["rehearsed-size"] = max(each.size for each in series) / size
    return found
