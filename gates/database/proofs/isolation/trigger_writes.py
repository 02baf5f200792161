"""Writes of tenant A past which a function of the module runs: in a trigger, a default, a generated
column or a CHECK. A row is written as ordinary as it comes, and as the functions ask of one."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.parsing.met_by import of_written_rows
from gates.database.proofs.isolation.sources import Sources
from gates.database.proofs.isolation.views_and_functions import Exposed
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.limits import first_of, tried_in_part
from gates.database.rows.make import Row
from gates.database.rows.solve import NoRowError
from gates.database.rows.wanted import wish_for
from gates.records import dataclass

_TRIGGERS = """
    SELECT t.tgrelid, t.tgname, quote_ident(t.tgname), ARRAY(
            SELECT c FROM (VALUES ('INSERT', 4), ('DELETE', 8), ('UPDATE', 16)) AS v(c, bit)
            WHERE t.tgtype & bit <> 0)
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND p.proowner = %s::regrole
        AND t.tgrelid = ANY(%s::oid[])
    ORDER BY 1, 2"""
_EXPRESSIONS = """
    SELECT DISTINCT d.adrelid, 'column ' || quote_ident(a.attname), a.attname,
        CASE WHEN a.attgenerated = '' THEN ARRAY['INSERT'] ELSE ARRAY['INSERT', 'UPDATE'] END
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
        JOIN pg_proc f ON p.refclassid = 'pg_proc'::regclass AND f.oid = p.refobjid
    WHERE f.proowner = %(o)s::regrole AND d.adrelid = ANY(%(t)s::oid[])
    UNION ALL
    SELECT DISTINCT c.conrelid, 'constraint ' || quote_ident(c.conname), c.conname,
        ARRAY['INSERT', 'UPDATE']
    FROM pg_constraint c
        JOIN pg_depend p ON p.classid = 'pg_constraint'::regclass AND p.objid = c.oid
        JOIN pg_proc f ON p.refclassid = 'pg_proc'::regclass AND f.oid = p.refobjid
    WHERE c.contype = 'c' AND f.proowner = %(o)s::regrole AND c.conrelid = ANY(%(t)s::oid[])
    ORDER BY 1, 2"""
MOST_WRITTEN = 24
"""Conditions of functions that a written row is made to meet, for one table."""


@dataclass(frozen=True)
class Write:
    """One of them."""

    table: Table
    command: str
    exposed: Exposed
    row: Row | None = None
    """What is written."""
    varied: bool = False
    """Whether it is as a condition of a function asks for."""
    untried: str = ""
    """Why it, or a part of such writes, cannot be tried, in one sentence."""


def writes_past_triggers(
    tenants: Tenants, owner_name: str, tables: Sequence[Table], sources: Sources
) -> Iterator[Write]:
    """Writes of each kind to each table where they run a function of the module's own."""
    known = {table.oid: table for table in tables}
    triggers: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for oid, name, quoted, commands in tenants.owner.execute(
        _TRIGGERS, (owner_name, list(known))
    ).fetchall():
        for command in commands:
            triggers.setdefault((oid, command), []).append((name, f"trigger {quoted}"))
    for oid, label, name, commands in tenants.owner.execute(
        _EXPRESSIONS, {"o": owner_name, "t": list(known)}
    ).fetchall():
        for command in commands:
            triggers.setdefault((oid, command), []).append((name, label))
    for (oid, command), named in triggers.items():
        label = f"{' and '.join(label for _, label in named)} on {known[oid].name}"
        label = label.replace(" and trigger ", " and ")
        left_out = {name for name, each in named if each.startswith("column ")}
        table = known[oid]
        tried = False
        cut: list[str] = []
        for row, varied in _rows(tenants, table, command, sources, cut):
            if statement := _write(tenants, table, command, left_out, row):
                tried = True
                exposed = Exposed(label, named[0][0], (statement,))
                yield Write(table, command, exposed, row, varied)
        sentence = tried_in_part(f"{label} ({command})", cut)
        if not tried:
            sentence = f"{label} ({command}) could not be tried: no row was found to write"
        if sentence:
            yield Write(table, command, Exposed(label, named[0][0], ()), untried=sentence)


def _rows(
    tenants: Tenants, table: Table, command: str, sources: Sources, cut: list[str]
) -> Iterator[tuple[Row | None, bool]]:
    """What is written of A: a row as it comes, and rows as the functions ask for in conditions;
    where those are too many, `cut` says so."""
    if command == "DELETE":
        yield None, False
        return
    with contextlib.suppress(NoRowError):
        yield tenants.new(table, tenants.a, again=True), False
    wanted = [each for script in sources.everything for each in of_written_rows(script, table.name)]
    for each in first_of(wanted, MOST_WRITTEN, "conditions on NEW", cut):
        wish = wish_for(each, table)
        if wish is not None:
            # A row that the table refuses is written by nobody.
            with contextlib.suppress(NoRowError):
                yield tenants.planned(table, tenants.a, wish), True


def _write(
    tenants: Tenants, table: Table, command: str, left_out: Collection[str], new: Row | None
) -> str:
    """A new row for A without the columns `left_out`, other values in its row, or the row's end; ""
    where nothing would change."""
    mine, _ = tenants.rows(table)
    if new is None:
        return f"DELETE FROM {table.qualified} WHERE {mine.condition()}"
    if command == "INSERT":
        given = {
            column.number: "DEFAULT"
            for column in table.columns
            if column.number in new.values and column.name in left_out and not column.generated
        }
        return new.statement(given, own_keys=False)
    fixed = {number for key in table.keys for number in key.columns}
    fixed |= {number for each in table.references for number in each.columns}
    values = {
        column.quoted: new.values[column.number]
        for column in table.columns
        if column.number in new.values and column.number not in fixed
        if column is not table.tenant and column.generated is None and not column.identity
    }
    changes = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"UPDATE {table.qualified} SET {changes} WHERE {mine.condition()}" if changes else ""
