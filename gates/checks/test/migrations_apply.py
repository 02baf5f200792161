"""The migrations run on a fresh platform database."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.failure_advice import on_first_run
from gates.database.locate import causes
from gates.database.missing_objects import (
    absent_extension,
    maybe_of_extension,
    missing,
    without_extension,
)
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.settings import Policy


@check(Stage.TEST)
def migrations_apply(module: Module, database: Database, policy: Policy) -> Iterator[Finding]:
    """The migrations run on a fresh platform database.

    Why: a migration that parses may still fail when it runs: an operator that does not exist, a
        table of another module, a policy built in a DO block. It is run here, statement by
        statement, as the role that migrates on the platform, which is no superuser. After one that
        fails the others still run, so that all of them are told of at once. The platform makes the
        extensions of database.extensions that a migration asks for, before it runs, and keeps them:
        no rollback drops one. One that this server does not have leaves the check inconclusive.
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
    asked = (absent_extension(each, policy.extensions) for each in failures)
    absent = list(dict.fromkeys(name for name in asked if name))
    found = 0
    for failure, also in causes(failures):
        if absent and (absent_extension(failure, policy.extensions) or maybe_of_extension(failure)):
            continue
        found += 1
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
    if absent:
        names = ", ".join(absent)
        sentence = f"the server has no extension {names}, so what needs it was not run"
        if not found:
            raise CouldNotCheckError(sentence, hint=without_extension(absent[0]))
        yield migrations_apply.finding(
            sentence, "migrations", level=Level.NOTE, fix=without_extension(absent[0])
        )
    if failures:
        return
    made = sorted(table.name for table in attempt.tables if table.partition_of is None)
    database.record("tables-created", len(made), detail=", ".join(made))
