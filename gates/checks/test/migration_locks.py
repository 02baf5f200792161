"""No new migration keeps users of a released table waiting while it works through its rows."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Previous
from gates.check import check
from gates.database import Database
from gates.database.proofs.locks.blocking import Blocking, blockings, spans, unknown
from gates.database.proofs.locks.measure import Measured, measure_new, scripts_of_upgrade
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.settings import Policy

_TRIES = 3
"""So often is a duration over the limit measured before it counts: a busy machine is no lock."""


@check(Stage.TEST)
def migration_locks(
    module: Module, database: Database, policy: Policy, previous: Previous
) -> Iterator[Finding]:
    """No new migration keeps users of a released table waiting while it works through its rows.

    The files that are not released yet, and the hooks, are run after the released ones, with 10,000
    rows (policy: database.rows) in the released tables that they touch. After every statement it is
    looked up which locks its transaction holds, which tables and indexes have a new file, and how
    many rows were read and changed. That, and not the clock, decides: an error is a statement that
    rewrites a table, reads or changes all of its rows, or builds an index, while a lock of its
    transaction stops reads or writes of a released table. A lock is held until the transaction
    ends, so the statement that took it may be an earlier one. Only for database.max_lock_seconds
    are seconds counted. Nobody waits for a table that this version makes. `gates cost` shows all
    locks and durations.

    Why: 10,000 rows take milliseconds and hide what ten million do: every request of every tenant
        waits behind the migration, and the connections run out.
    Bad: ALTER COLUMN .. TYPE bigint; CREATE INDEX without CONCURRENTLY; ADD COLUMN followed by an
        UPDATE of all rows in the same file; ADD CONSTRAINT .. CHECK without NOT VALID
    Good: ADD COLUMN with a constant DEFAULT; CREATE INDEX CONCURRENTLY in a file of its own; ADD
        CONSTRAINT .. NOT VALID, and VALIDATE CONSTRAINT in the next file
    Fix: split the work as the finding says, so that no strong lock is held during it.
    """
    if not database.scripts:
        database.record("lock proof", 0, detail="the module has no migrations")
        return
    _ = database.applied
    released = frozenset(each.path for each in previous.migrations) if previous.known else ()
    scripts = scripts_of_upgrade(module, released)
    new = [path for path, _ in scripts if path not in released]
    if not new:
        database.record("lock proof", 0, detail="every migration is released")
        return

    def found() -> tuple[Measured | None, list[Blocking]]:
        limit = policy.max_lock_seconds
        measured = measure_new(database, policy.rows, released, limit, scripts)
        return measured, list(blockings(measured, released, limit)) if measured else []

    detail = "first version: no table is released"
    if previous.known:
        detail = f"{policy.rows:,} rows in each released table that is touched"
    with database.proof("lock proof", len(new), detail):
        measured, problems = found()
        slow = {(each.at, each.message) for each in problems if each.timed}
        for _ in range(_TRIES - 1):
            if slow:
                again = found()[1]
                slow &= {(each.at, each.message) for each in again if each.timed}
    if measured:
        database.locks += spans(measured)
    for each in problems:
        if not each.timed or (each.at, each.message) in slow:
            yield migration_locks.finding(
                each.message, each.at, level=each.level, fix=each.fix, detail=each.detail
            )
    if measured and (why := unknown(measured, released)):
        raise CouldNotCheckError(
            f"locks were measured without rows: {why}",
            hint="gates cost . shows what could be measured",
        )
