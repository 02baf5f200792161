"""Every SQL file is accepted by PostgreSQL's own parser."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database.parsing.statements import scripts_of
from gates.model import Finding, Location, Stage
from gates.module import Module


@check(Stage.LINT)
def migration_parses(module: Module) -> Iterator[Finding]:
    """Every SQL file is accepted by PostgreSQL's own parser.

    Why: a file that does not parse does not run, and no other check can look into it.
    Bad: CREATE TABEL tenant_x_runs (...); psql's own commands such as \\connect
    Good: statements of PostgreSQL 18, separated by semicolons
    Fix: correct the place that the finding points at. What the parser did not expect stands there;
        what is missing is often just before it.
    """
    for script in scripts_of(module):
        if script.fault is None:
            continue
        line, column = script.position(script.fault.offset)
        where = Location(script.path, line, column)
        fix = "remove the psql command: migrations are sent to the server as they are"
        if not _psql(script.sql, line):
            fix = "correct it here or just before: a comma, a parenthesis, a keyword"
        yield migration_parses.finding(script.fault.message, where, fix=fix)


def _psql(sql: str, line: int) -> bool:
    return sql.split("\n")[line - 1].lstrip().startswith("\\")
