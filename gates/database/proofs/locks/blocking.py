"""Which statements of a migration keep others waiting for as long as a table is large. Pure.

Judged is what a statement does (it rewrites, reads every row, builds an index) under a lock that
stops somebody, which is the same on every machine. Time counts only against the policy's limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gates.database.proofs.locks.effects import Effect
from gates.database.proofs.locks.growth import span
from gates.database.proofs.locks.measure import FileCost, Measured
from gates.database.proofs.locks.observe import Step
from gates.database.proofs.locks.waits import Window
from gates.model import Level, Location, LockSpan
from gates.records import dataclass


@dataclass(frozen=True)
class Blocking:
    """One thing that should not go to production like that."""

    at: Location
    message: str
    level: Level
    fix: str
    detail: str
    timed: bool = False
    """Whether it rests on a measured duration."""


def blockings(measured: Measured, released: Collection[str], limit: float) -> Iterator[Blocking]:
    """All of the files that are not released; `limit` is seconds that a lock may last."""
    for file in measured.files:
        if file.path not in released:
            yield from _of_file(file, measured.released, limit)


def unknown(measured: Measured, released: Collection[str]) -> str | None:
    """Why nothing is known: a table that a new file locks could not be filled. Or None."""
    for file in measured.files:
        if file.path in released:
            continue
        touched = {lock.table for step in file.observed.steps for lock in step.held}
        for table, why in measured.unfilled.items():
            if table in touched & measured.released:
                return why
    return None


def _of_file(file: FileCost, relations: frozenset[int], limit: float) -> Iterator[Blocking]:
    covered: set[int] = set()
    stops = [
        window for window in file.windows if window.table in relations and window.mode.blocks_writes
    ]
    for step in file.observed.steps:
        done = [each for each in step.effects if each.grows and each.table in relations]
        if not done:
            continue
        during = [window for window in stops if any(step is each for each in window.steps)]
        if during:
            covered |= {id(window) for window in during}
            yield _heavy(file, step, done, _strongest(during))
        elif changed := [each for each in done if each.changes_all]:
            yield _rows(file, step, changed)
    for window in stops:
        if window.seconds > limit and id(window) not in covered:
            yield _slow(file, window, limit)


def _strongest(during: list[Window]) -> list[Window]:
    """One window for each table: the strongest."""
    best: dict[int, Window] = {}
    for window in during:
        if window.table not in best or best[window.table].mode < window.mode:
            best[window.table] = window
    return list(best.values())


def _heavy(file: FileCost, step: Step, done: list[Effect], during: list[Window]) -> Blocking:
    what = " and ".join(each.shown for each in done)
    who = " and ".join(f"nobody can {_use(window)} {window.label}" for window in during)
    earlier = [window.steps[0] for window in during if window.steps[0] is not step]
    before = ""
    if earlier and len(earlier) == len(during):
        lines = sorted({each.at.line or 0 for each in earlier})
        which = f"line {lines[0]}" if len(lines) == 1 else "earlier lines"
        before = f", for the lock that {which} took"
    return Blocking(
        step.at,
        f"{what}, while {who}{before}",
        Level.ERROR,
        _advice(done, earlier if before else [], during),
        "\n".join(told(file, window) for window in during),
    )


def _use(window: Window) -> str:
    return "read or write" if window.mode.blocks_reads else "write to"


def _advice(done: list[Effect], earlier: list[Step], during: list[Window]) -> str:
    if any(each.built for each in done):
        return (
            "build the index with CREATE [UNIQUE] INDEX CONCURRENTLY in a file of its own; a"
            " constraint then takes it over: ADD CONSTRAINT .. UNIQUE USING INDEX"
        )
    if earlier:
        first = earlier[0]
        return (
            f"put it into a file of its own: the lock that {first.text!r} takes is held until the"
            " transaction ends"
        )
    if any(each.lock.kind == "materialized view" for each in during):
        return "REFRESH MATERIALIZED VIEW CONCURRENTLY, over a unique index of the view"
    if any(each.changes_all for each in done):
        return (
            "fill the rows in batches that commit, in a file without the statement that locks the"
            " table"
        )
    if any(each.rewritten for each in done):
        return (
            "add a new column beside the old one, fill it in batches, and switch over in a later"
            " version; a column with a constant DEFAULT is added without a rewrite"
        )
    return (
        "add the rule as a constraint with NOT VALID, also that of a new column, and VALIDATE"
        " CONSTRAINT in a later file; SET NOT NULL reads nothing once a valid"
        " CHECK (x IS NOT NULL) stands"
    )


def _rows(file: FileCost, step: Step, changed: list[Effect]) -> Blocking:
    tables = " and ".join(each.label for each in changed)
    return Blocking(
        step.at,
        f"changes every row of {tables} in one transaction: whoever writes to a row that it has"
        " reached waits until the end",
        Level.WARNING,
        "fill in batches that commit, such as 1,000 rows at a time",
        f"{span(step.seconds)} at {file.rows:,} rows",
    )


def _slow(file: FileCost, window: Window, limit: float) -> Blocking:
    return Blocking(
        window.steps[0].at,
        f"nobody can {_use(window)} {window.label} for longer than {limit:g} s, the limit"
        " database.max_lock_seconds",
        Level.ERROR,
        f"move {window.slowest.text!r} out of the transaction that holds the lock",
        told(file, window),
        timed=True,
    )


def told(file: FileCost, window: Window) -> str:
    """A window in one sentence: "ACCESS EXCLUSIVE on T from line 12 to the end of the file: .."."""
    first, slowest = window.steps[0], window.slowest
    end = "the end of the file" if window.whole_file else "the end of its transaction"
    if len(window.steps) == 1:
        end = "its end"
    which = (
        window.label if window.lock.kind != "index" else f"{window.lock.label} of {window.label}"
    )
    text = (
        f"{window.mode} on {which} from line {first.at.line} to {end}:"
        f" {span(window.seconds)} at {file.rows:,} rows"
    )
    if len(window.steps) > 1 and slowest.seconds > window.seconds / 2:
        text += f", of which line {slowest.at.line} ({slowest.text}) {span(slowest.seconds)}"
    return text


def spans(measured: Measured) -> list[LockSpan]:
    """What was locked, for how long, for reports; in the order of the files."""
    return [
        LockSpan(
            path=file.path,
            line=window.steps[0].at.line or 0,
            table=window.label,
            mode=str(window.mode),
            blocks=window.mode.blocks,
            seconds=window.seconds,
            rows=measured.rows,
            released=window.table in measured.released,
        )
        for file in measured.files
        for window in file.windows
    ]
