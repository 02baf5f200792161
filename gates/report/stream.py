"""The findings of each check as soon as it has ended; the report then holds what is left to say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gates.model import CheckResult, Finding, Level, Stage, StageResult
from gates.progress import Progress
from gates.report import causes
from gates.report.text import Line, Told, render, written

if TYPE_CHECKING:
    from gates.report import Report


class FindingsAsTheyCome(Progress):
    """Writes the findings of each check once, when it has ended.

    With `at_once` in the order in which checks end, for who looks at a terminal; without, in the
    order of the report: what ends early waits for what comes before it, so that two runs write the
    same. What may follow from a module that is not found waits for the end.
    """

    def __init__(
        self, write: Callable[[str], None], *, at_once: bool, colour: bool, notes: bool
    ) -> None:
        self._write = write
        self._at_once = at_once
        self._colour = colour
        self._notes = notes
        self._told = Told(whole=notes)
        self._causes: set[str] = set()
        self._order: list[tuple[Stage, str]] = []
        """Checks that have not been written, in the order of the report."""
        self._ended: dict[tuple[Stage, str], CheckResult] = {}
        self._lock = threading.Lock()

    def planned(self, plan: Mapping[Stage, Sequence[str]]) -> None:
        """The run begins."""
        self._order = [(stage, check) for stage in plan for check in plan[stage]]

    def check_ended(self, stage: Stage, result: CheckResult) -> None:
        """A check has ended, as the policy judges it."""
        with self._lock:
            if self._at_once:
                self._show(stage, result)
                return
            self._ended[stage, result.check] = result
            while self._order and self._order[0] in self._ended:
                first = self._order.pop(0)
                self._show(first[0], self._ended.pop(first))

    def stage_ended(self, result: StageResult) -> None:
        """A stage has ended, and nothing waits for it any longer."""
        with self._lock:
            self._order = [each for each in self._order if each[0] is not result.stage]
            for check in result.checks:
                self._show(result.stage, check)

    def rest(self, report: Report) -> str:
        """What the report says besides what was written."""
        return render(report, colour=self._colour, notes=self._notes, told=self._told)

    def _show(self, stage: Stage, result: CheckResult) -> None:
        lines = [line for each in self._now(result) for line in self._told.tell(stage, each)]
        if text := self._text(lines):
            self._write(text)

    def _text(self, lines: Sequence[Line]) -> str:
        return written(lines, colour=self._colour) if lines else ""

    def _now(self, result: CheckResult) -> Iterator[Finding]:
        """The findings that say the same whatever else is found."""
        for each in result.findings:
            told = causes.Told("", each.check, each.rule or "", each.message)
            if (each.level is Level.NOTE and not self._notes) or causes.of_any(told):
                continue
            if told.rule in causes.NOT_FOUND:
                if told.message in self._causes:
                    continue
                self._causes.add(told.message)
            yield each
