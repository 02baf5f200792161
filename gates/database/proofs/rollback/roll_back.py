"""The rollback proof: rows in every table, down from the last file to the first, up again.

On the way up rows are put in at each level, so that each file also runs over rows of the version
before it, as it does for tenants who went back and come again.
"""

from __future__ import annotations

from collections.abc import Sequence

from gates.database import Database
from gates.database.catalog_state.snapshot import Snapshot, diff
from gates.database.parsing.statements import Inner
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.met import changing_statements, unmet, unmet_on_the_way
from gates.database.proofs.idempotency.row_history import Contents, changes, compare_rows, contents
from gates.database.proofs.rollback.one_way import as_far_as_possible
from gates.database.proofs.rollback.seeds import Seeds
from gates.database.rows.filling import fill
from gates.database.runner import Failure
from gates.module import Migration, Module
from gates.records import dataclass, field

_CHANGED = "it does not bring back the rows as they were before this migration"


@dataclass
class RolledBack:
    """What came of it; the proof stops at the first file that does not restore."""

    missing: str | None = None
    """The path of a migration without a rollback."""
    failure: tuple[str, Failure] | None = None
    """What failed, and why."""
    differences: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """The file to change, a sentence, and what is different."""
    losses: list[str] = field(default_factory=list)
    """What is gone with a table or column that a rollback drops: one phrase each."""
    one_way: dict[str, None] = field(default_factory=dict)
    """What PostgreSQL lets no rollback bring back, in words."""
    unfilled: tuple[str, ...] = ()
    unmet: tuple[Inner, ...] = ()
    """Statements that change rows and met none, neither on their way nor after all."""


def roll_back(database: Database, module: Module) -> RolledBack:
    """Run it on a clone of the migrated database. Raises `MigrationsDoNotApplyError`."""
    found = RolledBack()
    *states, top = database.applied.states
    with database.scratch() as scratch:
        found.unmet = changing_statements(database.scripts)
        seeds = Seeds(database, contents(scratch, database.platform_tables))
        found.unfilled = fill(database, scratch, before=database.scripts)
        found.unmet = tuple(unmet(scratch, found.unmet))
        rows: Contents | None = contents(scratch, database.platform_tables, seeds.rows)
        later = [top]
        for migration, before in zip(reversed(module.migrations), reversed(states), strict=True):
            rows = _down(database, scratch, migration, (before, *later), rows or {}, seeds, found)
            if rows is None:
                return found
            later.append(before)
        if not _up(database, module, scratch, found):
            return found
        if differences := diff(top, scratch.snapshot()):
            path, shown = _blame(database, module) or (module.migrations[0].path, differences)
            sentence = "up, down and up again gives another schema than up"
            found.differences.append((path, sentence, shown))
    return found


def _down(
    database: Database,
    scratch: Scratch,
    migration: Migration,
    states: Sequence[Snapshot],
    rows: Contents,
    seeds: Seeds,
    found: RolledBack,
) -> Contents | None:
    """Run one rollback; what is left of the rows, or None where it does not restore. The first of
    `states` is the one before the migration, the others are those after it."""
    path, sql = migration.rollback_path, migration.rollback_sql
    if path is None or sql is None:
        found.missing = migration.path
        return None
    if failure := scratch.run(path, sql).failure:
        found.failure = "the rollback fails", failure
        return None
    before, *later = states
    now = scratch.snapshot()
    before, one_way = as_far_as_possible(before, later, now)
    found.one_way |= dict.fromkeys(one_way)
    if differences := diff(before, now, came="is left behind", went="is missing"):
        sentence = f"it does not restore the schema before {migration.path}"
        found.differences.append((path, sentence, differences))
        return None
    left = contents(scratch, database.platform_tables, rows)
    lost: list[str] = []
    for fate in compare_rows(rows, left):
        found.losses += fate.losses
        if fate.lost and (gone := fate.lost - seeds.may_go(migration.path, fate.table, left)) > 0:
            lost.append(f"table {fate.table}: {gone} of {fate.held} rows are gone")
    if lost:
        found.differences.append((path, _CHANGED, lost))
    return left


def _up(database: Database, module: Module, scratch: Scratch, found: RolledBack) -> bool:
    """Run every migration over rows of the version before it, and back, and again."""
    budget = scratch.budget()
    last: Contents = {}
    for number, (path, sql) in enumerate(database.scripts):
        migration = module.migrations[number]
        before: Contents = {}
        if number:
            found.unfilled += fill_for(database, scratch, number, migration)
            before = last = contents(scratch, database.platform_tables, last)
            found.unmet = tuple(unmet_on_the_way(scratch, path, found.unmet))
        if failure := scratch.run(path, sql, budget=budget).failure:
            found.failure = "after the rollbacks it does not run again, with rows", failure
            return False
        if any(table.rows for table in before.values()) and not _back_and_again(
            database, scratch, migration, before, found
        ):
            return False
    return True


def _back_and_again(
    database: Database,
    scratch: Scratch,
    migration: Migration,
    before: Contents,
    found: RolledBack,
) -> bool:
    """Run the rollback and the migration once more: the rows of the version before, and their
    values, are there after the rollback. A value where there was none is no loss."""
    path, sql = migration.rollback_path or "", migration.rollback_sql or ""
    if failure := scratch.run(path, sql).failure:
        found.failure = "with rows of the version before, the rollback fails", failure
        return False
    lost: list[str] = []
    for fate in compare_rows(before, contents(scratch, database.platform_tables, before)):
        if fate.lost:
            lost.append(f"table {fate.table}: {fate.lost} of {fate.held} rows are gone")
        lost += changes(fate.without_filled())
    known = {each for each, sentence, _ in found.differences if sentence == _CHANGED}
    if lost and path not in known:
        found.differences.append((path, _CHANGED, lost))
    if failure := scratch.run(migration.path, migration.sql).failure:
        found.failure = "after the rollbacks it does not run again, with rows", failure
        return False
    return True


def fill_for(
    database: Database, scratch: Scratch, round_: int, migration: Migration
) -> tuple[str, ...]:
    """Rows for the tables of the module that have none, and for those that a migration or its
    rollback names: what those are about, too."""
    text = f"{migration.sql} {migration.rollback_sql}"
    digests = scratch.digests()
    full = frozenset(
        name
        for name, digest in digests.items()
        if not digest.startswith("0/") and name.rpartition(".")[2].strip('"') not in text
    )
    if digests.keys() <= full | database.platform_tables:
        return ()
    before = [(migration.path, migration.sql)]
    return fill(database, scratch, but=full, round_=round_, before=before)


def _blame(database: Database, module: Module) -> tuple[str, list[str]] | None:
    """The first migration that does not end after the rollbacks where it ended before them."""
    with database.scratch() as scratch:
        scratch.apply((each.path, each.rollback_sql or "") for each in reversed(module.migrations))
        for (path, sql), after in zip(
            database.scripts, database.applied.states[1:], strict=True
        ):  # fmt: skip
            scratch.run(path, sql)
            if differences := diff(after, scratch.snapshot()):
                return path, differences
    return None
