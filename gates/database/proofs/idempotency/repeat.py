"""The idempotency proof: every migration again, with and without rows in the tables."""

from __future__ import annotations

from gates.database import Database
from gates.database.catalog_state.snapshot import diff
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.sequences import advance_sequences, last_numbers, set_back
from gates.database.rows.filling import fill
from gates.database.runner import Failure
from gates.records import dataclass

_Changes = dict[str, dict[str, str]]
"""For each script the tables whose rows it changed, each with a sentence."""


@dataclass(frozen=True)
class Repeated:
    """What came of it."""

    failures: tuple[Failure, ...]
    """Statements that ran the first time and not the second."""
    differences: tuple[tuple[str, tuple[str, ...]], ...]
    """For each script that changed something: its path and what changed."""
    unfilled: tuple[str, ...] = ()
    """One sentence for each table that no row could be made for."""


def repeat(database: Database) -> Repeated:
    """Run every script again and compare schema and data before and after the round.

    A backfill may change rows that came after it the first time it meets them. So rows are put in,
    all scripts run once to settle, and what a further round does to them counts. What one script
    makes and a later one undoes is no difference; where a round as a whole made one, it is looked
    up which scripts did. A statement that fails the second time is left out, and the others still
    run, so that all of what a second run shows is said at once. A sequence may move on, and not
    back.
    Raises `MigrationsDoNotApplyError`.
    """
    changed: dict[str, list[str]] = {}
    with database.scratch() as scratch:
        first = scratch.digests()
        failures, by_script = _round(database, scratch)
        if differences := diff(database.applied.snapshot, scratch.snapshot()):
            changed.update(_blame(database, differences))
        _merge(changed, _lasting(by_script, first, scratch.digests()))
        unfilled = fill(database, scratch, before=database.scripts)
        _merge(changed, _settle(database, scratch))
        settled = scratch.digests()
        _, by_script = _round(database, scratch)
        later = _lasting(by_script, settled, scratch.digests())
        _merge(changed, {path: each for path, each in later.items() if path not in changed})
    found = tuple((path, tuple(each)) for path, each in changed.items())
    return Repeated(tuple(failures), found, unfilled)


def _settle(database: Database, scratch: Scratch) -> dict[str, list[str]]:
    """Run each script once, over rows: the sequences that each sets back."""
    advance_sequences(scratch)
    found: dict[str, list[str]] = {}
    before = last_numbers(scratch)
    budget = scratch.budget()
    for path, sql in database.scripts:
        scratch.run(path, sql, budget=budget, go_on=True)
        now = last_numbers(scratch)
        if back := [*set_back(before, now)]:
            found[path] = back
        before = now
    return found


def _round(database: Database, scratch: Scratch) -> tuple[list[Failure], _Changes]:
    """Run each script once: those that fail, and how each changed the data."""
    failures: list[Failure] = []
    changed: _Changes = {}
    digests = scratch.digests()
    budget = scratch.budget()
    for path, sql in database.scripts:
        run = scratch.run(path, sql, budget=budget, go_on=True)
        if run.failure is not None:
            failures += [run.failure, *run.others]
        now = scratch.digests()
        changed[path] = data_changes(digests, now)
        digests = now
    return failures, changed


def _lasting(changed: _Changes, old: dict[str, str], new: dict[str, str]) -> dict[str, list[str]]:
    """What each script changed in the tables that a whole round left otherwise: a column that one
    script adds and another drops shows in the rows of both, and stays in none."""
    left = data_changes(old, new)
    return {
        path: found
        for path, each in changed.items()
        if (found := [sentence for table, sentence in each.items() if table in left])
    }


def _merge(into: dict[str, list[str]], more: dict[str, list[str]]) -> None:
    for path, found in more.items():
        into.setdefault(path, []).extend(found)


def _blame(database: Database, differences: list[str]) -> dict[str, list[str]]:
    """The script that each difference of the whole round comes from: the last one before which it
    was not there. What one brings back and a later one takes away again is no difference."""
    left: list[tuple[str, list[str]]] = []
    with database.scratch() as scratch:
        for path, sql in database.scripts:
            scratch.run(path, sql, go_on=True)
            left.append((path, diff(database.applied.snapshot, scratch.snapshot())))
    found: dict[str, list[str]] = {}
    for difference in differences:
        without = [number for number, (_, each) in enumerate(left) if difference not in each]
        path, _ = left[min(without[-1] + 1, len(left) - 1) if without else 0]
        found.setdefault(path, []).append(difference)
    return found


def data_changes(old: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    """One sentence for each table whose rows are not what they were, by its name; audit_logs, which
    only tells of the others, comes last."""
    found = {}
    for name in sorted({*old, *new}, key=lambda each: (each.endswith(".audit_logs"), each)):
        before, after = (each.get(name, "0/0") for each in (old, new))
        if before != after:
            rows, now = before.partition("/")[0], after.partition("/")[0]
            many = "1 row" if rows == "1" else f"{rows} rows"
            what = (
                f"{many} became {now}"
                if rows != now
                else f"its {many} {'was' if rows == '1' else 'were'} changed"
            )
            found[name] = f"table {name}: {what}"
    return found
