"""What tenant A's ordinary writes do to tenant B behind the scenes: rules and triggers, which may
run with their owner's rights, and views that can be written."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.changed_rows import changes_b
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.replay import CHANGES, ROWS_AFTER, ROWS_BEFORE
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.rows.solve import NoRowError
from gates.database.rows.values import quote
from gates.database.tenant_session import APP
from gates.records import dataclass

_BEHIND = """
    SELECT c.oid, CASE WHEN r.oid IS NOT NULL THEN 'rule ' || quote_ident(r.rulename)
            ELSE 'trigger ' || quote_ident(t.tgname) END, coalesce(r.rulename, t.tgname)
    FROM pg_class c
        LEFT JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'
        LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
            AND EXISTS (SELECT FROM pg_proc p WHERE p.prosecdef AND p.proowner = %(o)s::regrole)
    WHERE c.relkind IN ('r', 'p') AND c.relowner = %(o)s::regrole
        AND (r.oid IS NOT NULL OR t.oid IS NOT NULL)
    ORDER BY 1, 2"""
_VIEWS = """
    SELECT c.oid, n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.'
            || quote_ident(c.relname), c.relname,
        ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
        ARRAY(SELECT p FROM unnest('{INSERT,UPDATE,DELETE}'::text[]) p
            WHERE has_table_privilege(%(r)s, c.oid, p)
                OR (p <> 'DELETE' AND has_any_column_privilege(%(r)s, c.oid, p)))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND c.relowner = %(o)s::regrole ORDER BY 2"""
_BEHIND_FIX = (
    "act on rows WHERE tenant_id = NEW.tenant_id alone; a rule runs with its owner's rights:"
    " use a trigger whose function is SECURITY INVOKER"
)
_VIEW_FIX = (
    "create the view WITH (security_invoker = true), without rules and INSTEAD OF triggers that"
    " have their owner's rights, or revoke the writes from tenant_app_role"
)
_ENOUGH = 4
"""Columns of a view that are tried out, each by an UPDATE of its own."""


@dataclass(frozen=True)
class _Write:
    label: str
    name: str
    how: str
    statement: str
    fix: str


def indirect_writes(
    tenants: Tenants, owner_name: str, tables: Sequence[Table], rows: list[Row]
) -> Iterator[Exposure]:
    """Writes of tenant A, for good, after which B's rows are others."""
    found: set[str] = set()
    behind = list(_behind(tenants, owner_name, tables))
    views = list(_views(tenants, owner_name, tables))
    for way, triggers in [*((each, True) for each in [*behind, *views]),
                          *((each, False) for each in views)]:  # fmt: skip
        if way.label in found:
            continue
        with contextlib.nullcontext() if triggers else _without_triggers(tenants, tables):
            changed = changes_b(tenants, tables, way.statement, label=way.label)
        if changed:
            found.add(way.label)
            exposed = Exposed(way.label, way.name, (way.statement,))
            script = _script(tenants, way.statement, tables, rows, changed, triggers=triggers)
            yield Exposure(exposed, way.how, script, way.fix)


@contextlib.contextmanager
def _without_triggers(tenants: Tenants, tables: Sequence[Table]) -> Iterator[None]:
    """What stops a write is to be row security, and not what a trigger happens to do."""
    tenants.owner.execute("; ".join(_switch(tables, "DISABLE")))
    try:
        yield
    finally:
        tenants.owner.execute("; ".join(_switch(tables, "ENABLE")))


def _switch(tables: Sequence[Table], word: str) -> list[str]:
    return [
        f"ALTER TABLE {table.qualified} {word} TRIGGER USER"
        for table in tables
        if table.partition_of is None
    ]


def _behind(tenants: Tenants, owner_name: str, tables: Sequence[Table]) -> Iterator[_Write]:
    """Writes to tables that have a rule, or a trigger where a function has its owner's rights."""
    known = {table.oid: table for table in tables}
    behind: dict[int, list[tuple[str, str]]] = {}
    for oid, label, name in tenants.owner.execute(_BEHIND, {"o": owner_name}):
        behind.setdefault(oid, []).append((label, name))
    for oid, labels in behind.items():
        table = known.get(oid)
        if table is None:
            continue
        label = f"{' and '.join(label for label, _ in labels)} on {table.name}"
        column = tenant_column(table)
        statements = []
        with contextlib.suppress(NoRowError):
            row = tenants.new(table, tenants.a, again=True)
            statements.append(("INSERT", row.statement(own_keys=False)))
        mine, _ = tenants.rows(table)
        own = f"{column} = {quote(tenants.a)}"
        statements.append(("UPDATE", f"UPDATE {table.qualified} SET {column} = {column}"))
        statements.append(
            ("UPDATE", f"UPDATE {table.qualified} SET {column} = {column} WHERE {own}")
        )
        statements.append(("DELETE", f"DELETE FROM {table.qualified} WHERE {mine.condition()}"))
        for command, statement in statements:
            how = f"lets one tenant change the rows of another: it acts on every {command}"
            yield _Write(label, labels[0][1], how, statement, _BEHIND_FIX)


def _views(tenants: Tenants, owner_name: str, tables: Sequence[Table]) -> Iterator[_Write]:
    """Writes to views: with their owner's rights, unless they are security_invoker."""
    for _, label, quoted, name, columns, commands in tenants.owner.execute(
        _VIEWS, {"o": owner_name, "r": APP}
    ).fetchall():
        view = f"view {label}"
        how = "lets one tenant {} rows of another"
        if "UPDATE" in commands:
            if "tenant_id" in columns:
                steal = f"UPDATE {quoted} SET tenant_id = {quote(tenants.a)}"
                yield _Write(view, name, how.format("take over"), steal, _VIEW_FIX)
            for column, value in _values(tenants, columns, tables):
                yield _Write(view, name, how.format("change"),
                           f"UPDATE {quoted} SET {column} = {value}", _VIEW_FIX)  # fmt: skip
        if "INSERT" in commands:
            for statement in _inserts(tenants, quoted, columns, tables):
                yield _Write(view, name, how.format("add"), statement, _VIEW_FIX)
        if "DELETE" in commands:
            yield _Write(view, name, how.format("delete"), f"DELETE FROM {quoted}", _VIEW_FIX)


def _values(
    tenants: Tenants, columns: list[str], tables: Sequence[Table]
) -> Iterator[tuple[str, str]]:
    """Columns of a view that tables have too, with other values."""
    seen: set[str] = set()
    for table in tables:
        keys = {number for key in table.keys for number in key.columns}
        for column in table.columns:
            usable = column.quoted in columns and column.generated is None
            own = column.number in keys or column is table.tenant
            if usable and not own and column.quoted not in seen and len(seen) < _ENOUGH:
                seen.add(column.quoted)
                types = tenants.maker.types
                yield column.quoted, types.value(column.type_oid, column.type, 888)


def _inserts(
    tenants: Tenants, view: str, columns: list[str], tables: Sequence[Table]
) -> Iterator[str]:
    for table in tables:
        shared = [each for each in table.columns if each.quoted in columns]
        if table.tenant not in shared or len(shared) < 2:
            continue
        with contextlib.suppress(NoRowError):
            row = tenants.new(table, tenants.b, again=True)
            given = {each.quoted: row.values[each.number] for each in shared
                     if each.number in row.values and not each.identity}  # fmt: skip
            yield f"INSERT INTO {view} ({', '.join(given)}) VALUES ({', '.join(given.values())})"


def _script(
    tenants: Tenants,
    statement: str,
    tables: Sequence[Table],
    rows: list[Row],
    changed: list[str],
    *,
    triggers: bool,
) -> str:
    own = dict.fromkeys(each for table in tables for each in tenants.rows(table)[0].family())
    shown = [f"SELECT * FROM {name} WHERE tenant_id = {quote(tenants.b)};" for name in changed]
    return "\n".join(
        [
            "BEGIN;",
            *tenants.made([*own, *rows]),
            *(() if triggers else [f"{each};" for each in _switch(tables, "DISABLE")]),
            *(f"{each}  -- {ROWS_BEFORE}" for each in shown),
            f"SET LOCAL ROLE {APP};",
            *(f"{each};" for each in tenants.as_a),
            f"{statement};  -- {CHANGES}",
            "RESET ROLE;",
            *(f"{each}  -- {ROWS_AFTER}" for each in shown),
            "ROLLBACK;",
        ]
    )
