"""Whether a statement of one tenant changes rows of another, for good."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.time_limit import run
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.tenant_session import APP, Entry
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg


def changes_b(
    tenants: Tenants,
    tables: Sequence[Table],
    statement: str,
    session: psycopg.Connection[tuple[Any, ...]] | None = None,
    given: Entry | None = None,
    role: str = APP,
    label: str = "what the module runs",
) -> list[str]:
    """Run a statement for good, as tenant A or as `given` says; the names of the tables, the
    platform's too, in which B's rows are others then. They are put back as far as they are gone.
    Raises `EndlessError`, which names the `label`."""
    import psycopg

    session = session or tenants.app
    given = tenants.as_a if given is None else given
    before = _digest(tenants, tables)
    become = [] if role == APP else [f"SET LOCAL ROLE {role}"]
    tenants.attempts += 1
    # Being refused is the good answer; whether it was is read from the rows, not from the error.
    with contextlib.suppress(psycopg.Error), session.transaction():
        if start := [*become, *given]:
            session.execute("; ".join(start))
        run(tenants, session, label, statement)
    after = _digest(tenants, tables)
    changed = [name for name, digest in after.items() if digest != before[name]]
    for (_, tenant), row in tenants.maker.made.items() if changed else ():
        if tenant == tenants.b and row.table.oid in tenants.maker.own_tables:
            # Rows that are there still collide; those that cannot come back are a finding by now.
            with contextlib.suppress(psycopg.Error):
                tenants.owner.execute(row.statement())
    return changed


def _digest(tenants: Tenants, tables: Sequence[Table]) -> dict[str, tuple[Any, ...]]:
    """How many rows tenant B has in each table, and a sum over them."""
    maker = tenants.maker
    platform = [
        each
        for each in maker.tables.values()
        if each.oid not in maker.own_tables and each.partition_of is None
    ]
    found: dict[str, tuple[Any, ...]] = {}
    for connection, several in ((tenants.owner, tables), (maker.platform, platform)):
        names = [each.qualified for each in several if each.tenant is not None]
        parts = [
            f"SELECT {number}, count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)"
            f" FROM {name} AS r WHERE r.tenant_id::text = %(b)s"
            for number, name in enumerate(names)
        ]
        if parts:
            rows = connection.execute(" UNION ALL ".join(parts), {"b": tenants.b}).fetchall()
            if len(rows) != len(parts):
                raise CouldNotCheckError("the rows of a tenant could not be read")
            found |= {names[number]: rest for number, *rest in rows}
    return found
