"""Puts rows of two tenants into every table of a module."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections.abc import Iterable

from gates.database import Database
from gates.database.catalog_state.tables import read_tables
from gates.database.parsing.script import parse
from gates.database.prepared.scratch import Scratch
from gates.database.rows.make import Maker, Row
from gates.database.rows.old_rows import make_old
from gates.database.rows.other_values import assignments, changeable, emptied, other_values
from gates.database.rows.solve import NoRowError
from gates.database.rows.wanted import make_wanted
from gates.database.tenant_session import A, B

_OWN_TIMES = frozenset({"created_at"})
"""What a script may ask for, such as rows of this month: it stays as the server gives it."""


def fill(
    database: Database,
    scratch: Scratch,
    *,
    but: frozenset[str] = frozenset(),
    round_: int = 0,
    before: Iterable[tuple[str, str]] = (),
    old: bool = False,
) -> tuple[str, ...]:
    """Make a row for each of two tenants in each table of the module that a database has, except
    those whose qualified names are in `but`.

    The one row has every default and a value in each other column, the other has none of the
    defaults and no value where it needs none, as far as the table's rules let it. Each further
    `round_` in a database has tenants and values of its own, so that it collides with none. Then
    come the rows that the scripts `before` which it is filled (path, text) are about; with `old`
    also what only rows of long ago are like: equal ones, long ones, and those that new rules of
    these scripts refuse.
    Returns one sentence for each table that got none.
    """
    unfilled: list[str] = []
    owner, admin = scratch.session("owner"), scratch.session("admin")
    tables = read_tables(admin)
    own = [each for each in tables.values() if each.qualified not in database.platform_tables]
    maker = Maker(
        owner, admin, tables, frozenset(table.oid for table in own),
        samples=database.sample_values,
    )  # fmt: skip
    rows: list[Row] = []
    for table in (each for each in own if each.qualified not in but):
        for tenant, seed in ((A, 1), (B, 501)):
            try:
                row = maker.first(table, _tenant(tenant, round_), seed + 2 * round_)
            except NoRowError as error:
                unfilled.append(error.message)
            else:
                rows += [row] if tenant == B else []
    for row in rows:
        if row.table.partition_of is None:
            _make_other(maker, row)
    tenants = [(_tenant(A, round_), 1 + 2 * round_), (_tenant(B, round_), 501 + 2 * round_)]
    if old:
        make_old(maker, [each for each in own if each.qualified not in but], tenants)
    make_wanted(maker, [parse(*each) for each in before], tenants, violating=old)
    return tuple(dict.fromkeys(unfilled))


def _tenant(tenant: str, round_: int) -> str:
    return tenant if not round_ else f"{tenant[:-3]}{round_:03x}"


def _make_other(maker: Maker, row: Row) -> None:
    """Give a row other values than the defaults, and none where it needs none: all at once, else
    each that its table accepts."""
    table = row.table
    columns = [each for each in changeable(maker, table) if each.name not in _OWN_TIMES]
    empty = emptied([each for each in columns if each.default is None])
    choices = {
        each: values
        for each in columns
        if each.default is not None and (values := other_values(maker, table, each, row.seed + 7))
    }
    everything = {**empty, **{each.number: values[0] for each, values in choices.items()}}
    if not everything or _set(maker, row, everything):
        return
    for number, expression in empty.items():
        _set(maker, row, {number: expression})
    for column, values in choices.items():
        any(_set(maker, row, {column.number: each}) for each in values)


def _set(maker: Maker, row: Row, values: dict[int, str]) -> bool:
    """Change a row as a session of its tenant; whether the table accepts it."""
    import psycopg

    update = f"UPDATE {row.table.qualified} SET {assignments(row.table, values)}"
    for enter in (maker.sessions.enter(row.tenant), ()):
        try:
            with maker.own.transaction():
                maker.own.execute("; ".join([*enter, f"{update} WHERE {row.condition()}"]))
        except psycopg.errors.InsufficientPrivilege:
            continue  # the platform's functions may be closed to the owner
        except psycopg.Error:
            return False
        return True
    return False
