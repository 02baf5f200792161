"""Who is told what happens in a run: what prints it, and what remembers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gates.model import CheckResult, Stage, StageResult


class Progress:
    """Is notified of what happens, in the thread in which it happens; does nothing by default."""

    def planned(self, plan: Mapping[Stage, Sequence[str]]) -> None:
        """The run begins; the ids of the checks of each stage, in the order of the report."""

    def check_started(self, stage: Stage, check: str) -> None:
        """A check begins."""

    def check_ended(self, stage: Stage, result: CheckResult) -> None:
        """A check has ended."""

    def stage_ended(self, result: StageResult) -> None:
        """A stage has ended; called in the order of the stages."""

    def noted(self, text: str) -> None:
        """Something happened that decides nothing and that people may want to know."""


class Several(Progress):
    """Notifies several, one after the other."""

    def __init__(self, told: Sequence[Progress]) -> None:
        self._told = tuple(told)

    def planned(self, plan: Mapping[Stage, Sequence[str]]) -> None:
        """The run begins."""
        for each in self._told:
            each.planned(plan)

    def check_started(self, stage: Stage, check: str) -> None:
        """A check begins."""
        for each in self._told:
            each.check_started(stage, check)

    def check_ended(self, stage: Stage, result: CheckResult) -> None:
        """A check has ended."""
        for each in self._told:
            each.check_ended(stage, result)

    def stage_ended(self, result: StageResult) -> None:
        """A stage has ended."""
        for each in self._told:
            each.stage_ended(result)

    def noted(self, text: str) -> None:
        """Something happened that decides nothing."""
        for each in self._told:
            each.noted(text)
