"""The rollback proof: up, rows in, down file by file, up again."""

from __future__ import annotations

from dataclasses import dataclass, field

from gates.database import Database
from gates.database.filling import fill
from gates.database.repeat import data_changes
from gates.database.runner import Failure
from gates.database.snapshot import Snapshot, diff
from gates.module import Module


@dataclass
class RolledBack:
    """What came of it; the proof stops at the first file that does not restore."""

    missing: str | None = None
    """The path of a migration without a rollback."""
    failure: Failure | None = None
    differences: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """The file to change, a sentence, and what is different."""
    unfilled: tuple[str, ...] = ()


def roll_back(database: Database, module: Module) -> RolledBack:
    """Run it on a clone of the migrated database. Raises `MigrationsDoNotApplyError`."""
    found = RolledBack()
    *states, top = database.applied.states
    with database.bench() as bench:
        found.unfilled = fill(database, bench)
        now = top
        for migration, before in zip(reversed(module.migrations), reversed(states), strict=True):
            if migration.rollback_path is None or migration.rollback_sql is None:
                found.missing = migration.path
                return found
            kept = _columns(before, now)
            rows = bench.digests(kept)
            run = bench.run(migration.rollback_path, migration.rollback_sql)
            if run.failure is not None:
                found.failure = run.failure
                return found
            now = bench.snapshot()
            if differences := diff(before, now, came="is left behind", went="is missing"):
                sentence = f"it does not restore the schema before {migration.path}"
                found.differences.append((migration.rollback_path, sentence, differences))
                return found
            if lost := data_changes(rows, bench.digests(kept)):
                sentence = "it changes rows of the version before"
                found.differences.append((migration.rollback_path, sentence, lost))
        for run in bench.run_all(database.scripts):
            if run.failure is not None:
                found.failure = run.failure
                return found
        if differences := diff(top, bench.snapshot()):
            sentence = "up, down and up again gives another schema than up"
            found.differences.append((module.migrations[0].path, sentence, differences))
    return found


def _columns(before: Snapshot, now: Snapshot) -> dict[str, list[str]]:
    """Tables that are there before and now, with the columns that are."""
    kept: dict[str, list[str]] = {}
    both = before.objects.keys() & now.objects.keys()
    for key in sorted(both):
        if key.startswith("column "):
            table, _, column = key.removeprefix("column ").rpartition(".")
            if f"table {table}" in both and "generated" not in now.objects[key]:
                kept.setdefault(table, []).append(column)
    return kept
