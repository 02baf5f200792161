"""What `gates cost` prints: each file with its statements, and how long others wait for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from gates.database.proofs.locks.blocking import Blocking, told
from gates.database.proofs.locks.growth import Growth, span
from gates.database.proofs.locks.lock_modes import Mode
from gates.database.proofs.locks.measure import FileCost, Measured, growths, window_growth
from gates.database.proofs.locks.observe import Step
from gates.database.proofs.locks.observed_locks import HeldLock
from gates.model import Level
from gates.records import dataclass
from gates.report.escaping import safe

QUICK = 0.02
"""Seconds from which on a statement is shown that does nothing else worth a line."""
_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "blue"}


@dataclass(frozen=True)
class CostReport:
    """Everything that was measured and judged."""

    sizes: tuple[Measured, ...]
    """From the smallest to the largest; the largest is what is shown."""
    released: frozenset[str]
    """The paths of files that are released: shown, and not judged."""
    problems: tuple[Blocking, ...]
    unknown: str | None = None
    """Why nothing is known of a table, or None."""

    @property
    def largest(self) -> Measured:
        """The measurement with most rows."""
        return self.sizes[-1]

    @property
    def exit_code(self) -> int:
        """0 nothing blocks, 1 something does, 3 a table could not be filled."""
        if any(each.level is Level.ERROR for each in self.problems):
            return 1
        return 3 if self.unknown else 0


def render(report: CostReport, *, colour: bool = False) -> str:
    """The report for people."""
    lines = list(_lines(report))
    text = "\n".join(safe(click.unstyle(line)) if not colour else line for line in lines)
    return text + "\n"


def _lines(report: CostReport) -> Iterator[str]:
    steps = growths(report.sizes)
    for file in report.largest.files:
        yield from _file(report, file, steps)
        yield ""
    for why in report.largest.unfilled.values():
        yield click.style("without rows ", fg="yellow", bold=True) + safe(why)
    yield _last(report)


def _last(report: CostReport) -> str:
    sizes = ", ".join(f"{each.rows:,}" for each in report.sizes)
    errors = sum(each.level is Level.ERROR for each in report.problems)
    if errors:
        text, fg = f"{errors} statements keep others waiting for as long as a table is large", "red"
        text = text.replace("1 statements keep", "1 statement keeps")
    elif report.unknown:
        text, fg = "inconclusive: what was measured without rows is not known", "yellow"
    else:
        text, fg = "no new file keeps others waiting for longer, the larger a table is", "green"
    return click.style(text, fg=fg, bold=True) + f"; measured with {sizes} rows in each table"


def _file(
    report: CostReport, file: FileCost, steps: Mapping[tuple[str, int], Growth]
) -> Iterator[str]:
    how = "one transaction" if file.observed.in_transaction else "statements commit by themselves"
    state = "released" if file.path in report.released else "new"
    head = click.style(safe(file.path), bold=True)
    yield f"{head}  {state}, {how}, {span(file.observed.seconds)} at {file.rows:,} rows"
    plain = 0
    for number, step in enumerate(file.observed.steps):
        facts = list(_facts(report, step, steps[file.path, number]))
        if not facts:
            plain += 1
            continue
        yield f"  {step.at.line or 1:>5}  {span(step.seconds):>8}  {safe(step.text)}"
        for fact in facts:
            yield f"                   {safe(fact)}"
    if plain:
        few = f"under {QUICK * 1000:.0f} ms"
        yield f"  and {plain} that lock nothing that others use and take {few} each"
    yield from _wait_lines(report, file, steps)
    for problem in report.problems:
        if problem.at.path == file.path:
            level = click.style(problem.level.value, fg=_COLOURS[problem.level], bold=True)
            yield f"  {level} line {problem.at.line}: {safe(problem.message)}"
            yield f"        {click.style('fix:', fg='green', bold=True)} {safe(problem.fix)}"


def _facts(report: CostReport, step: Step, growth: Growth) -> Iterator[str]:
    for lock in shown_locks(step.acquired):
        yield f"{lock.mode} on {lock.label}: {_blocks(report, lock.mode, lock.table)}"
    for effect in step.effects:
        if effect.rows and effect.shown:
            yield effect.shown
    if growth.shape != "constant" or growth.seconds >= QUICK:
        yield growth.shown


def _blocks(report: CostReport, mode: Mode, table: int) -> str:
    """Who waits for a lock; nobody, where no released version has the table."""
    new = "" if table in report.largest.released else " (made in this version: nobody waits yet)"
    return f"blocks {mode.blocks}{new}"


def shown_locks(locks: Sequence[HeldLock]) -> Iterator[HeldLock]:
    """Those that somebody may wait for; of an index only what stops a user of its table."""
    for lock in locks:
        mode = lock.mode_on_table
        if mode is not None and mode >= Mode.SHARE_UPDATE_EXCLUSIVE and lock.kind != "index":
            yield lock
        elif mode is not None and lock.kind == "index":
            tables = {each.oid for each in locks if each.mode >= lock.mode}
            if lock.table not in tables:
                yield lock


def _wait_lines(
    report: CostReport, file: FileCost, steps: Mapping[tuple[str, int], Growth]
) -> Iterator[str]:
    for window in file.windows:
        if len(window.steps) > 1:
            growth = window_growth(file, window, steps)
            blocks = _blocks(report, window.mode, window.table)
            yield f"  held: {safe(told(file, window))}"
            yield f"        {growth.shown}; {blocks}"
