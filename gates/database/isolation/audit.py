"""The audit proof: add and change a row of each table, and look into audit_logs."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gates.database import Database
from gates.database.isolation.prove import two_tenants
from gates.database.isolation.tenants import APP, Tenants, tenant_column
from gates.database.rows.solve import NoRowError
from gates.database.schema.tables import Table

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Silent:
    """A table of which commands leave no trace."""

    table: Table
    commands: tuple[str, ...]
    """"INSERT", "UPDATE", or both."""
    failed: str
    """The error of a trigger, where it does not stay silent but stops the last command."""
    script: str
    """Runs as printed in psql, as a superuser, on a database with the migrations applied."""


@dataclass(frozen=True)
class Audit:
    """What the proof saw."""

    silent: tuple[Silent, ...]
    unproved: tuple[str, ...]


def prove(database: Database) -> Audit:
    """Add and change a row of each table as tenant_app_role, in a transaction that is undone."""
    started = time.perf_counter()
    silent: list[Silent] = []
    unproved: list[str] = []
    tables = [
        table
        for table in database.applied.tables
        if table.partition_of is None and table.tenant is not None
    ]
    with two_tenants(database) as tenants:
        for table in tables:
            tenants.owner.execute(f"GRANT SELECT, INSERT, UPDATE ON {table.qualified} TO {APP}")
            try:
                found = _try(tenants, table)
            except NoRowError as error:
                unproved.append(error.message)
                continue
            if found is not None:
                silent.append(found)
    database.record("audit proof", len(tables), time.perf_counter() - started)
    return Audit(tuple(silent), tuple(dict.fromkeys(unproved)))


def _try(tenants: Tenants, table: Table) -> Silent | None:
    import psycopg

    row = tenants.new(table, tenants.a)
    insert = row.statement()
    column = tenant_column(table)
    update = f"UPDATE {table.qualified} SET {column} = {column} WHERE {row.condition()}"
    session: psycopg.Connection[tuple[Any, ...]] = tenants.app
    missing: list[str] = []
    failed = ""
    try:
        session.execute("; ".join(["BEGIN", *tenants.as_a]))
        for command, statement in (("INSERT", insert), ("UPDATE", update)):
            before = _count(session, tenants, table, command)
            if session.execute(statement).rowcount == 0:
                failed = f"the {command} has no effect"
                missing.append(command)
                break
            session.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if _count(session, tenants, table, command) <= before:
                missing.append(command)
    except psycopg.Error as error:
        failed = f"{error.diag.sqlstate}: {error.diag.message_primary}"
        missing.append(command)
    finally:
        session.execute("ROLLBACK")
    if failed and tenants.attempt_without_triggers(table, [insert, update]).sqlstate:
        raise NoRowError(f"{table.label}: an ordinary row cannot be added and changed: {failed}")
    if not missing:
        return None
    rows = [f"{each.statement()};" for each in row.family()[:-1]]
    script = tenants.around(table, [*rows, f"{insert};", f"{update};"])
    return Silent(table, tuple(missing), failed, script)


def _count(
    session: psycopg.Connection[tuple[Any, ...]], tenants: Tenants, table: Table, command: str
) -> int:
    """Rows of audit_logs about a table (or its partitions) and command that the tenant sees."""
    names = [table.name, table.qualified, f"{table.schema}.{table.name}"]
    names += [each.name for each in tenants.maker.tables.values() if each.partition_of == table.oid]
    found = session.execute(
        "SELECT count(*) FROM public.audit_logs WHERE table_name = ANY (%s)"
        " AND upper(operation) LIKE %s",
        (names, f"{command[:1]}%"),
    ).fetchone()
    return int(found[0]) if found else 0
