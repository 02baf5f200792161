"""Puts the rows of a proof's tenants into the tables, and says where one can have none."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from gates.database.isolation.keys import shut_out
from gates.database.isolation.tenants import Leak, Tenants, tenant_column
from gates.database.rows.make import TakenError
from gates.database.rows.solve import NoRowError
from gates.database.schema.tables import Table

_PLATFORM = ("tenants", "organizations", "profiles", "users", "memberships")


def let_in(tenants: Tenants, tenant: str, seed: int) -> None:
    """Rows for a tenant in the platform's tables that say who belongs to whom: policies may ask
    them. A table of a platform's own that takes no made-up row is left as it is."""
    for table in tenants.maker.tables.values():
        if table.name in _PLATFORM and table.oid not in tenants.maker.own_tables:
            # Policies that need the row show it: a tenant does not see its own then.
            with contextlib.suppress(NoRowError):
                tenants.maker.first(table, tenant, seed)


def sparse(tenants: Tenants, table: Table) -> None:
    """A row of tenant C where the table takes one: with NULL wherever it may be, else filled."""
    for sparse in ({tenants.c}, set()):
        tenants.maker.sparse = frozenset(sparse)
        # A and B have rows, else the table is unproved; C's is one more.
        with contextlib.suppress(NoRowError):
            tenants.maker.first(table, tenants.c, 701)
            break
    tenants.maker.sparse = frozenset()


def forget_third(tenants: Tenants, tables: Sequence[Table]) -> None:
    """Remove C's rows: functions that are tried next may trip over what is empty in them."""
    import psycopg

    deletes = [
        f"DELETE FROM {each.qualified} WHERE {tenant_column(each)}::text = '{tenants.c}'"  # noqa: S608
        for each in tables
    ]
    # C's rows may stay where something refers to them: only B's are compared from here on.
    with contextlib.suppress(psycopg.Error):
        tenants.owner.execute("; ".join(deletes) or "SELECT 1")


def with_rows(
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
        _made(tenants, table, tenant, seed, failed, [])
    if failed:
        failed = []
    made = [table for table in tables if _made(tenants, table, tenant, seed, failed, leaks)]
    unproved += failed
    return made


def _made(
    tenants: Tenants,
    table: Table,
    tenant: str,
    seed: int,
    unproved: list[str],
    leaks: list[Leak],
) -> bool:
    try:
        tenants.maker.first(table, tenant, seed)
    except NoRowError as error:
        out = shut_out(tenants, error) if isinstance(error, TakenError) else None
        if out is None or tenant != tenants.b:
            unproved.append(error.message)
        elif all(each.sentence != out.sentence for each in leaks):
            leaks.append(out)
        return False
    return True
