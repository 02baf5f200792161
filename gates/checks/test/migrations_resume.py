"""A migration that was interrupted can be run again."""

from __future__ import annotations

import time
from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.proofs.idempotency.resume import resume
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage


@check(Stage.TEST)
def migrations_resume(database: Database) -> Iterator[Finding]:
    """A migration that was interrupted can be run again.

    Why: a file that runs in one transaction leaves nothing behind when it is stopped; one with
        CREATE INDEX CONCURRENTLY, or with BEGIN and COMMIT of its own, leaves a part. Such a file
        is stopped here after each of its statements, with rows in the tables, and in the midst of
        those that PostgreSQL commits in steps; then it and all later files are run again, and
        schema and data must be those of a run that nothing disturbed.
    Bad: CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON t (a): an interrupted one leaves an index that
        is not valid, and IF NOT EXISTS keeps it for ever
    Good: DROP INDEX CONCURRENTLY IF EXISTS x; CREATE INDEX CONCURRENTLY x ON t (a)
    Fix: write each statement so that it may run after only a part of the file did; or take what
        needs no CONCURRENTLY into a file of its own, which then runs in one transaction.
    """
    if not database.scripts:
        database.record("crash proof", 0, detail="the module has no migrations")
        return
    _ = database.applied
    started = time.perf_counter()
    found = resume(database)
    database.record(
        "crash proof", found.stops, time.perf_counter() - started,
        f"stopped at {found.stops} places" if found.stops else "each runs in one transaction",
    )  # fmt: skip
    for stuck in found.stuck:
        yield migrations_resume.finding(
            stuck.message,
            stuck.at,
            fix=stuck.fix,
            detail=stuck.detail or None,
            rule=(stuck.failure and stuck.failure.sqlstate) or None,
        )
    if found.unfilled and not found.stuck:
        raise CouldNotCheckError(
            f"the migrations were stopped and run again without rows: {found.unfilled[0]}",
            hint="gates explain migrations-resume",
        )
