"""Progress on standard error: a live line on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.progress import Progress
from gates.report.entries import MARKS
from gates.report.text import COLOURS

if TYPE_CHECKING:
    from rich.status import Status


class TerminalProgress(Progress):
    """Shows which checks run now, and each stage as it ends."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool, verbose: bool) -> None:
        self._stream = stream or sys.stderr
        self._colour = colour
        self._verbose = verbose
        self._live = self._stream.isatty()
        self._running: dict[tuple[Stage, str], float] = {}
        self._lock = threading.Lock()
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._live:
            from rich.console import Console

            console = Console(file=self._stream, no_color=not self._colour, highlight=False)
            self._status = console.status("starting")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def check_started(self, stage: Stage, check: str) -> None:
        """A check begins."""
        with self._lock:
            self._running[stage, check] = time.monotonic()
        self._refresh()

    def check_ended(self, stage: Stage, result: CheckResult) -> None:
        """A check has ended."""
        with self._lock:
            self._running.pop((stage, result.check), None)
        if self._verbose:
            self._line(
                result.verdict,
                f"{stage} {result.check}: {result.verdict}, {self._how(result)}",
            )
        self._refresh()

    def _how(self, result: CheckResult) -> str:
        if result.reused:
            return f"reused, from {result.reused.made}"
        return f"in {result.seconds:.2f} s"

    def stage_ended(self, result: StageResult) -> None:
        """A stage has ended."""
        self._line(result.verdict, f"{result.stage}: {result.verdict}")

    def noted(self, text: str) -> None:
        """Something happened that decides nothing."""
        self.apart(lambda: self._stream.write(f"note: {text}\n"))

    def _line(self, verdict: Verdict, text: str) -> None:
        line = f"{MARKS[verdict]} {text}"
        if self._status is not None:
            self._status.console.print(line, style=COLOURS[verdict], markup=False)
        else:
            self._stream.write(line + "\n")
            self._stream.flush()

    def apart(self, write: Callable[[], object]) -> None:
        """Write something else to the terminal, with the live line out of the way."""
        with self._lock:
            if self._status is not None:
                self._status.stop()
            write()
            if self._status is not None:
                self._status.start()

    def _refresh(self) -> None:
        if self._status is None:
            return
        with self._lock:
            running = sorted(self._running)
        names = ", ".join(check for _, check in running[:4])
        more = f" and {len(running) - 4} more" if len(running) > 4 else ""
        stages = " ".join(sorted({stage.value for stage, _ in running}))
        self._status.update(f"{stages}: {names}{more}" if running else "working")
