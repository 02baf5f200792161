"""How ready the modules of a run are, and how that has changed since the run before. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gates.fleet.task import ERROR, Outcome
from gates.records import dataclass


@dataclass(frozen=True)
class Fleet:
    """The outcomes of a run, and those of the run before by the module's name."""

    outcomes: Sequence[Outcome]
    before: Mapping[str, Outcome]
    made: str
    """RFC 3339, UTC."""
    seconds: float = 0.0
    """From the first begun to the last ended."""
    effective: str = ""
    """The day of the forecast; "" for none."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many modules ended with each verdict."""
        return Counter(each.verdict for each in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 where every module passed, 1 where one failed, else 3."""
        if self.counts.get("fail"):
            return 1
        return 0 if set(self.counts) == {"pass"} else 3

    @property
    def blockers(self) -> Sequence[tuple[str, int]]:
        """Checks by the number of modules that they keep from passing, the most first."""
        found: Counter[str] = Counter()
        for each in self.outcomes:
            found.update({entry.partition(":")[0] for entry in each.blocking})
        return _most(found)

    @property
    def breaking(self) -> Sequence[tuple[str, int]]:
        """Checks by the number of modules that pass them now and not as of the forecast's day."""
        found: Counter[str] = Counter()
        for each in self.outcomes:
            found.update((each.forecast or {}).keys())
        return _most(found)

    def baseline(self, outcome: Outcome) -> str:
        """Findings that its baseline holds, and their change since the run before."""
        if outcome.verdict == ERROR:
            return "?"
        earlier = self._earlier(outcome)
        return _changed(outcome.baselined, earlier.baselined if earlier else None)

    def forecast(self, outcome: Outcome) -> str:
        """Checks that break on the forecast's day, and their change since the run before; those
        that could not be checked as of that day have a question mark."""
        if outcome.forecast is None:
            return "?"
        earlier = self._earlier(outcome)
        before = earlier.forecast if earlier else None
        unknown = "inconclusive" in outcome.forecast.values()
        number = sum(verdict == "fail" for verdict in outcome.forecast.values())
        shown = _changed(
            number, None if before is None else sum(each == "fail" for each in before.values())
        )
        return f"{shown} ?" if unknown else shown

    def _earlier(self, outcome: Outcome) -> Outcome | None:
        """What the run before knows of a module; None where it knows nothing."""
        earlier = self.before.get(outcome.name)
        return None if earlier is None or earlier.verdict == ERROR else earlier

    def trend(self, outcome: Outcome) -> str:
        """How a module stands against the run before."""
        earlier = self.before.get(outcome.name)
        if earlier is None:
            return "new"
        if earlier.verdict != outcome.verdict:
            return f"was {earlier.verdict}"
        change = outcome.errors - earlier.errors
        return "same" if change == 0 else f"{change:+d} findings"


def _most(found: Counter[str]) -> Sequence[tuple[str, int]]:
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))


def _changed(number: int, before: int | None) -> str:
    """A number, and how it has changed where that is known."""
    if before is None or before == number:
        return f"{number:,}"
    return f"{number:,} ({number - before:+,})"
