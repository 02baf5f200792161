"""Puts the rows of a proof's tenants into the tables, and says where one can have none."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.keys import blocked_by_key
from gates.database.proofs.tenants.outcomes import Leak, tenant_column
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row, TakenError
from gates.database.rows.solve import NoRowError
from gates.database.tenant_session import APP, EVERY_COMMAND


def add_sparse_row(tenants: Tenants, table: Table) -> None:
    """A row of tenant C where the table takes one: with NULL wherever it may be, else filled."""
    for whose in ({tenants.c}, set()):
        tenants.maker.sparse = frozenset(whose)
        # A and B have rows, else the table is unproved; C's is one more.
        with contextlib.suppress(NoRowError):
            tenants.maker.first(table, tenants.c, 701)
            break
    tenants.maker.sparse = frozenset()


def remove_third_tenant(tenants: Tenants, tables: Sequence[Table]) -> None:
    """Remove C's rows: functions that are tried next may trip over what is empty in them."""
    import psycopg

    deletes = [
        f"DELETE FROM {each.qualified} WHERE {tenant_column(each)}::text = '{tenants.c}'"  # noqa: S608
        for each in tables
    ]
    # C's rows may stay where something refers to them: only B's are compared from here on.
    with contextlib.suppress(psycopg.Error):
        tenants.owner.execute("; ".join(deletes) or "SELECT 1")


def add_rows(
    tenants: Tenants,
    tables: Sequence[Table],
    tenant: str,
    seed: int,
    unproved: list[str],
    leaks: list[Leak],
) -> list[Table]:
    """The tables that have a row of a tenant. Where one has none, it is tried again after the
    others: of a cycle of references, only some may be begun with."""
    failed: list[str] = []
    for table in tables:
        _has_row(tenants, table, tenant, seed, failed, [])
    if failed:
        failed = []
    made = [table for table in tables if _has_row(tenants, table, tenant, seed, failed, leaks)]
    unproved += failed
    return made


def _has_row(
    tenants: Tenants,
    table: Table,
    tenant: str,
    seed: int,
    unproved: list[str],
    leaks: list[Leak],
) -> bool:
    try:
        row = tenants.maker.first(table, tenant, seed)
        if not is_of(row, tenant):
            raise NoRowError(
                f"{table.label}: a row that is added for a tenant has another tenant_id than the"
                " tenant's own"
            )
    except NoRowError as error:
        out = blocked_by_key(tenants, error) if isinstance(error, TakenError) else None
        if out is None or tenant != tenants.b:
            unproved.append(error.message)
        elif all(each.sentence != out.sentence for each in leaks):
            leaks.append(out)
        return False
    return True


def is_of(row: Row, tenant: str) -> bool:
    """Whether a row has the id of its tenant: a reference or a trigger may give it another."""
    column = row.table.tenant
    return column is None or tenant in row.values.get(column.number, tenant)


def grant_everything(tenants: Tenants, tables: Sequence[Table]) -> None:
    """Let the application role try every command: a policy must hold by itself. Sequences that
    columns take their numbers from, and schemas, too."""
    for statement in dict.fromkeys(each for table in tables for each in tenants.unused(table)):
        tenants.owner.execute(statement)
    if tables:
        names = ", ".join(table.qualified for table in tables)
        tenants.owner.execute(f"GRANT {', '.join(EVERY_COMMAND)} ON {names} TO {APP}")
    sequences = [
        row[0]
        for row in tenants.owner.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'S'"
            " AND c.relowner = current_user::regrole"
        )
    ]
    if sequences:
        tenants.owner.execute(f"GRANT USAGE ON SEQUENCE {', '.join(sequences)} TO {APP}")


def drop_foreign_keys(tenants: Tenants, tables: Sequence[Table]) -> None:
    """Take foreign keys away: they would stop statements that row security must stop alone."""
    import psycopg

    drops = [
        f"ALTER TABLE {table.qualified} DROP CONSTRAINT IF EXISTS {reference.quoted}"
        for table in tables
        for reference in table.references
    ]
    try:
        tenants.owner.execute("; ".join(drops) or "SELECT 1")
    except (psycopg.errors.UndefinedObject, psycopg.errors.InvalidTableDefinition):
        for drop in drops:  # a partition has the keys of its parent, which drops them
            with contextlib.suppress(
                psycopg.errors.UndefinedObject, psycopg.errors.InvalidTableDefinition
            ):
                tenants.owner.execute(drop)
