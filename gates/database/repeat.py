"""The idempotency proof: every migration again, with and without rows in the tables."""

from __future__ import annotations

from dataclasses import dataclass

from gates.database import Database
from gates.database.core import Clone
from gates.database.filling import fill
from gates.database.runner import Failure
from gates.database.snapshot import diff


@dataclass(frozen=True)
class Repeated:
    """What came of it."""

    failures: tuple[Failure, ...]
    """Statements that ran the first time and not the second."""
    differences: tuple[tuple[str, tuple[str, ...]], ...]
    """For each script that changed something: its path and what changed."""


def repeat(database: Database) -> Repeated:
    """Run every script again, one by one, and compare schema and data before and after each.

    A backfill may change rows that came after it the first time it meets them. So rows are put in,
    each script runs once to settle, and what it does to them after that counts.
    Raises `MigrationsDoNotApplyError`.
    """
    failures: list[Failure] = []
    changed: dict[str, list[str]] = {}
    with database.clone() as clone:
        before = clone.snapshot()
        failures += _round(database, clone, changed, skip=set())
        after = clone.snapshot()
        if before != after:
            for path, differences in _blame(database):
                changed.setdefault(path, []).extend(differences)
        failed = {failure.location.path for failure in failures}
        fill(database, clone)
        _round(database, clone, None, skip=failed)
        _round(database, clone, changed, skip={*failed, *changed})
    return Repeated(tuple(failures), tuple((path, tuple(found)) for path, found in changed.items()))


def _round(
    database: Database, clone: Clone, changed: dict[str, list[str]] | None, skip: set[str]
) -> list[Failure]:
    """Run each script once. Notes changed data by script in `changed`, if there is one."""
    failures = []
    digests = clone.digests()
    for path, sql in database.scripts:
        if path in skip:
            continue
        run = database.run(clone, [(path, sql)])[0]
        if run.failure is not None:
            failures.append(run.failure)
        if changed is None:
            continue
        now = clone.digests()
        if found := data_changes(digests, now):
            changed.setdefault(path, []).extend(found)
        digests = now
    return failures


def _blame(database: Database) -> list[tuple[str, list[str]]]:
    """Which script it was that changed the schema on its second run."""
    found = []
    with database.clone() as clone:
        before = clone.snapshot()
        for path, sql in database.scripts:
            database.run(clone, [(path, sql)])
            after = clone.snapshot()
            if differences := diff(before, after):
                found.append((path, differences))
            before = after
    return found


def data_changes(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """One sentence for each table whose rows are not what they were."""
    found = []
    for name in sorted({*old, *new}):
        before, after = (each.get(name, "0/0") for each in (old, new))
        if before != after:
            rows, now = before.partition("/")[0], after.partition("/")[0]
            what = f"{rows} rows became {now}" if rows != now else f"its {rows} rows were changed"
            found.append(f"table {name}: {what}")
    return found
