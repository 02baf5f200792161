"""The migrations run on a fresh platform database."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.failure_advice import on_first_run
from gates.database.locate import causes
from gates.database.missing_objects import missing
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.TEST)
def migrations_apply(module: Module, database: Database) -> Iterator[Finding]:
    """The migrations run on a fresh platform database.

    Why: a migration that parses may still fail when it runs: an operator that does not exist, a
        table of another module, a policy built in a DO block. It is run here, statement by
        statement, as the role that migrates on the platform, which is no superuser. After one that
        fails the others still run, so that all of them are told of at once.
    Bad: USING (tenant_id = auth.jwt() ->> 'tenant_id'), since there is no operator uuid = text
    Good: USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    Fix: correct the statement that the finding points at; its detail shows what ran and what
        PostgreSQL said.
    """
    if not database.scripts:
        database.record("migrations", 0, detail="the module has no migrations")
        return
    attempt = database.attempt
    database.record(
        "migrations", sum(run.statements for run in attempt.runs),
        sum(run.seconds for run in attempt.runs), f"{len(attempt.runs)} files",
    )  # fmt: skip
    failures = [
        failure
        for run in attempt.runs
        if run.failure is not None
        for failure in (run.failure, *run.others)
    ]
    for failure, also in causes(failures):
        code = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
        more = f"; {also} later statements fail for want of it" if also else ""
        yield migrations_apply.finding(
            f"{failure.message}{code}{more}",
            failure.location,
            fix=missing(failure, module.table_prefix, database.platform_tables)
            or on_first_run(failure),
            detail=failure.detail,
            rule=failure.sqlstate or None,
        )
    if failures:
        return
    names = sorted(table.name for table in attempt.tables if table.partition_of is None)
    database.record("tables-created", len(names), detail=", ".join(names))
