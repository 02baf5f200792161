"""Only tenant_app_role may use the module's tables, and only to read, add and change rows."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.catalog_state.facts import Grant
from gates.database.locate import grant_place, place_of
from gates.database.tenant_session import APP
from gates.model import Finding, Level, Location, Stage
from gates.module import Module

ALLOWED = {
    "sequence": frozenset({"USAGE", "SELECT"}),
    "schema": frozenset({"USAGE"}),
}
ROWS = frozenset({"SELECT", "INSERT", "UPDATE"})
OPEN = frozenset({"PUBLIC", "anon"})
"""Whom sessions are that never logged in."""


@check(Stage.TEST)
def table_grants(module: Module, database: Database) -> Iterator[Finding]:
    """Only tenant_app_role may use the module's tables, and only to read, add and change rows.

    Why: TRUNCATE and REFERENCES pass by row security, DELETE passes by retention, and a grant to
        PUBLIC or anon opens the table to sessions that never logged in. PostgreSQL lets PUBLIC call
        every new function: one with its owner's rights (SECURITY DEFINER) needs a REVOKE.
    Bad: GRANT ALL ON tenant_x_runs TO tenant_app_role; GRANT SELECT ON tenant_x_runs TO PUBLIC
    Good: GRANT SELECT, INSERT, UPDATE ON tenant_x_runs TO tenant_app_role
    Fix: run the REVOKE that the finding shows.
    """
    tables = database.tables("grant conformance")
    if not database.scripts:
        return
    own = {table.qualified for table in tables}
    for grant in database.in_use.facts.grants:
        if grant.kind == "function":
            if grant.grantee in OPEN:
                yield _function(module, grant)
        elif grant.kind == "default privileges":
            yield _default(module, grant)
        elif (excess := _excess(grant)) is not None:
            yield _relation(module, grant, *excess, own=grant.qualified in own)


def _relation(module: Module, grant: Grant, what: str, revoke: str, *, own: bool) -> Finding:
    kind = "" if own else f"the {grant.kind} "
    on = f"{'' if grant.kind == 'table' else grant.kind.upper() + ' '}{grant.qualified}"
    on = on.replace("MATERIALIZED VIEW ", "").replace("VIEW ", "").replace("FOREIGN TABLE ", "")
    column = f" ({grant.column})" if grant.column else ""
    label = f"{grant.kind} {grant.schema}.{grant.name}"
    return table_grants.finding(
        f"{kind}{grant.name} grants {what}{column} to {grant.grantee}",
        grant_place(module, grant.name, grant.grantee, label),
        fix=f"REVOKE {revoke}{column} ON {on} FROM {grant.grantee};",
    )


def _function(module: Module, grant: Grant) -> Finding:
    """A warning: what it lets through is for tenant-isolation to prove."""
    return table_grants.finding(
        f"the function {grant.name} has its owner's rights, and {grant.grantee} may call it",
        place_of(module, grant.name, f"function {grant.schema}.{grant.name}"),
        level=Level.WARNING,
        fix=f"REVOKE EXECUTE ON ROUTINE {grant.qualified} FROM {grant.grantee};\n"
        f"GRANT EXECUTE ON ROUTINE {grant.qualified} TO {APP};",
    )


def _default(module: Module, grant: Grant) -> Finding:
    what = ", ".join(grant.privileges)
    schema = f" {grant.qualified}" if grant.qualified else ""
    first = module.migrations[0].path if module.migrations else "migrations"
    return table_grants.finding(
        f"default privileges grant {what} on {grant.name.lower()} made later to {grant.grantee}",
        Location(first, object=f"default privileges for {grant.name.lower()}"),
        fix=f"ALTER DEFAULT PRIVILEGES{schema} REVOKE ALL ON {grant.name} FROM {grant.grantee};",
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
