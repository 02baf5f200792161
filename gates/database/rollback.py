"""The rollback proof: up, rows in, down file by file, up again."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from dataclasses import dataclass, field

from gates.database import Database
from gates.database.core import Clone
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
    """Run it on a clone of the platform. Raises `MigrationsDoNotApplyError`."""
    found = RolledBack()
    with database.clone(applied=False) as clone:
        states: list[Snapshot] = []
        for migration in module.migrations:
            states.append(clone.snapshot())
            run = database.run(clone, [(migration.path, migration.sql)])[0]
            found.failure = found.failure or run.failure
        if found.failure is not None:
            return found
        top = clone.snapshot()
        found.unfilled = fill(database, clone)
        for migration, before in zip(reversed(module.migrations), reversed(states), strict=True):
            if migration.rollback_path is None or migration.rollback_sql is None:
                found.missing = migration.path
                return found
            kept = _columns(before, clone.snapshot())
            rows = _digests(clone, kept)
            run = database.run(clone, [(migration.rollback_path, migration.rollback_sql)])[0]
            if run.failure is not None:
                found.failure = run.failure
                return found
            after = clone.snapshot()
            if differences := diff(before, after, came="is left behind", went="is missing"):
                sentence = f"it does not restore the schema before {migration.path}"
                found.differences.append((migration.rollback_path, sentence, differences))
                return found
            if lost := data_changes(rows, _digests(clone, kept)):
                sentence = "it changes rows of the version before"
                found.differences.append((migration.rollback_path, sentence, lost))
        for run in database.run(clone, database.scripts):
            if run.failure is not None:
                found.failure = run.failure
                return found
        if differences := diff(top, clone.snapshot()):
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


def _digests(clone: Clone, tables: dict[str, list[str]]) -> dict[str, str]:
    """Row count and digest of some columns of each table that the owner may read."""
    found = {}
    with clone.connect("owner", row_security="off") as owner:
        for table, columns in tables.items():
            may = owner.execute("SELECT has_table_privilege(%s, 'SELECT')", (table,)).fetchone()
            if may and may[0]:
                row = owner.execute(
                    "SELECT count(*) || '/' || coalesce(sum(hashtextextended(ROW("
                    f"{', '.join(columns)})::text, 0)::numeric), 0) FROM {table}"
                ).fetchone()
                found[table] = str(row[0]) if row else ""
    return found
