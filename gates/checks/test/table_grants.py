"""Only tenant_app_role may use the module's tables, and only to read, add and change rows."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.facts import Grant
from gates.database.places import place_of
from gates.database.tenants import APP
from gates.model import Finding, Stage
from gates.module import Module

ALLOWED = {
    "sequence": frozenset({"USAGE", "SELECT"}),
    "schema": frozenset({"USAGE"}),
}
ROWS = frozenset({"SELECT", "INSERT", "UPDATE"})


@check(Stage.TEST)
def table_grants(module: Module, database: Database) -> Iterator[Finding]:
    """Only tenant_app_role may use the module's tables, and only to read, add and change rows.

    Why: TRUNCATE and REFERENCES pass by row security, DELETE passes by retention, and a grant to
        PUBLIC or anon opens the table to sessions that never logged in.
    Bad: GRANT ALL ON tenant_x_runs TO tenant_app_role; GRANT SELECT ON tenant_x_runs TO PUBLIC
    Good: GRANT SELECT, INSERT, UPDATE ON tenant_x_runs TO tenant_app_role
    Fix: run the REVOKE that the finding shows.
    """
    tables = database.tables("grant conformance")
    if not database.scripts:
        return
    own = {table.qualified for table in tables}
    for grant in database.applied.facts.grants:
        if (excess := _excess(grant)) is None:
            continue
        kind = "" if grant.qualified in own else f"the {grant.kind} "
        on = f"{'' if grant.kind == 'table' else grant.kind.upper() + ' '}{grant.qualified}"
        on = on.replace("MATERIALIZED VIEW ", "").replace("VIEW ", "").replace("FOREIGN TABLE ", "")
        column = f" ({grant.column})" if grant.column else ""
        label = f"{grant.kind} {grant.schema}.{grant.name}"
        what, revoke = excess
        yield table_grants.finding(
            f"{kind}{grant.name} grants {what}{column} to {grant.grantee}",
            place_of(module, grant.name, label),
            fix=f"REVOKE {revoke}{column} ON {on} FROM {grant.grantee};",
        )


def _excess(grant: Grant) -> tuple[str, str] | None:
    """What is granted too much, in words and for REVOKE."""
    if grant.grantee != APP:
        return ", ".join(grant.privileges), "ALL"
    allowed = ALLOWED.get(grant.kind, ROWS)
    more = [each for each in grant.privileges if each not in allowed]
    if more:
        return ", ".join(more), ", ".join(more)
    if grant.grantable:
        return "the right to grant on", f"GRANT OPTION FOR {', '.join(grant.privileges)}"
    return None
