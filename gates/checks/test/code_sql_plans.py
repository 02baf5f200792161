"""Every SQL statement in the code fits the database that the migrations make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.proofs.code.plan import ask, plan
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.TEST)
def code_sql_plans(module: Module, tools: Tools, database: Database) -> Iterator[Finding]:
    """Every SQL statement in the code fits the database that the migrations make.

    PostgreSQL plans each statement that the code holds as the role of the application, in a
    tenant's session, on the migrated database: every name and type is resolved, the unique key of
    an ON CONFLICT is looked for, privileges are asked for, and no row is touched. Values that are
    written out beside a statement are compared with its parameters.

    Why: tests of a module run without a database, so a column that is misspelt, or dropped by a
        migration, is met by the first tenant.
    Bad: "SELECT id, nmae FROM tenant_notes_notes"; ON CONFLICT (tenant_id, name) without such a key
    Good: "SELECT id, name FROM tenant_notes_notes WHERE id = %(id)s" with {"id": id}
    Fix: name what the migrations make; the detail is a script that shows the failure.
    """
    from gates.toolchains.languages import language_of

    if module.migrations:  # made while the code is read, for which another check may wait as well
        with contextlib.suppress(CouldNotCheckError):  # told below, where there are statements
            _ = database.in_use
    told = language_of(module).check_code(tools)
    told.of("code-sql")  # raises where the sources could not be read, and nothing is known of them
    statements = told.statements
    if not statements:
        database.record("plans of code", 0, detail="no statement is written out in the code")
        return
    _ = database.in_use
    asked = [ask(each.sql) for each in statements]
    with database.proof("plans of code", len(statements), "statements"):
        refused = list(plan(database, asked))
    for statement, needs, why in zip(statements, asked, refused, strict=True):
        if why is not None:
            yield code_sql_plans.finding(
                f"PostgreSQL does not run this statement: {why.message}"
                if why.certain
                else f"could not show that this statement runs: {why.message}",
                statement.location,
                level=Level.ERROR if why.certain else Level.NOTE,
                fix=why.hint or "name what the migrations make, and give a parameter its type",
                detail=why.script,
            )
        if statement.values is not None and (absent := sorted(needs.values - statement.values)):
            yield code_sql_plans.finding(
                f"this statement has a parameter without a value: {', '.join(absent)}",
                statement.location,
                fix="give it the value, or take the parameter out",
            )
