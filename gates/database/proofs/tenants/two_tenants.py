"""Sessions of tenants and a row maker on a copy of the database of a module in use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.database import Applied, Database
from gates.database.catalog_state.tables import Table
from gates.database.proofs.tenants.session_columns import session_columns
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.server.driver import psycopg_modules
from gates.database.tenant_session import APP, EVERY_COMMAND, adjacent_tenants, quote
from gates.records import replace

if TYPE_CHECKING:
    import psycopg

_WAIT = "2s"
"""The sessions act one after the other: what one of them waits for another holds for good."""
_PLATFORM = ("tenants", "organizations", "profiles", "users", "memberships")


def add_platform_rows(tenants: Tenants, tenant: str, seed: int) -> None:
    """Rows for a tenant in the platform's tables that say who belongs to whom: policies may ask
    them. A table of a platform's own that takes no made-up row is left as it is."""
    for table, column in _tenants_by_another_name(tenants.maker):
        # Where it takes none, the module's own rows say so.
        with contextlib.suppress(NoRowError, psycopg_modules().Error):
            row = tenants.maker.plan(table, tenant, seed)
            own = f"{quote(tenant)}::{table.by_number[column].type}"
            row = replace(row, values={**row.values, column: own})
            tenants.maker.platform.execute(row.statement())
            tenants.maker.made.setdefault((table.oid, tenant), row)
    for table in tenants.maker.tables.values():
        if table.name in _PLATFORM and table.oid not in tenants.maker.own_tables:
            # Policies that need the row show it: a tenant does not see its own then.
            with contextlib.suppress(NoRowError):
                tenants.maker.first(table, tenant, seed)


def _tenants_by_another_name(maker: Maker) -> Iterator[tuple[Table, int]]:
    """The platform's tables, with the column, whose key a module takes for the tenant's id: FOREIGN
    KEY (tenant_id) REFERENCES organizations (id), say."""
    found: dict[tuple[int, int], None] = {}
    for oid in maker.own_tables:
        table = maker.tables[oid]
        for reference in table.references:
            if table.tenant is not None and reference.columns == (table.tenant.number,):
                found[reference.target, reference.target_columns[0]] = None
    for target, column in found:
        other = maker.tables.get(target)
        if other is not None and target not in maker.own_tables:
            yield other, column


_UNUSABLE = """
    SELECT 'schema', quote_ident(nspname) FROM pg_namespace
    WHERE NOT has_schema_privilege(%(r)s, oid, 'USAGE')
    UNION ALL
    SELECT 'sequence', quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE CASE WHEN c.relkind = 'S'
        THEN NOT has_sequence_privilege(%(r)s, c.oid, 'USAGE') ELSE false END"""


@contextlib.contextmanager
def two_tenants(database: Database) -> Iterator[Tenants]:
    """Sessions and a row maker on a copy of the database. There are no rows as yet but tenant A's
    in the platform's tables. Raises `MigrationsDoNotApplyError`."""
    module = database.in_use
    with contextlib.ExitStack() as stack:
        clone = stack.enter_context(database.clone("in use"))
        admin = stack.enter_context(clone.connect())
        owner = stack.enter_context(clone.connect("owner", lock_timeout=_WAIT))
        app, bare = (
            stack.enter_context(clone.connect("app", lock_timeout=_WAIT)) for _ in range(2)
        )
        own = frozenset(table.oid for table in module.tables)
        salt = database.salt
        maker = Maker(
            owner, admin, module.all_tables, own,
            sessions=database.sessions, salt=salt, session_columns=session_columns(module),
            samples=database.sample_values,
        )  # fmt: skip
        a, b, c = adjacent_tenants(salt)

        def another() -> psycopg.Connection[tuple[Any, ...]]:
            return stack.enter_context(clone.connect("app", lock_timeout=_WAIT))

        tenants = Tenants(a, b, maker, app, bare, owner, _grants(owner, module), another, c)
        add_platform_rows(tenants, tenants.a, 1)
        tenants.unusable = frozenset(admin.execute(_UNUSABLE, {"r": APP}).fetchall())
        tenants.limit = max(database.limit, 1.0)
        yield tenants


def _grants(
    owner: psycopg.Connection[tuple[Any, ...]], module: Applied
) -> dict[int, frozenset[str]]:
    """What the application role may do with each of the module's tables, as migrated."""
    commands = (*EVERY_COMMAND, "TRUNCATE")
    rows = owner.execute(
        "SELECT t, array(SELECT c FROM unnest(%s::text[]) c WHERE has_table_privilege(%s, t, c))"
        " FROM unnest(%s::oid[]) t",
        (list(commands), APP, [table.oid for table in module.tables]),
    )
    return {oid: frozenset(granted) for oid, granted in rows}
