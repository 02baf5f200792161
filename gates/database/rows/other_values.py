"""Values for a column other than those that a row has: to change it, and to change all at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from gates.database.catalog_state.tables import Column, Table
from gates.database.rows.candidates import likely
from gates.database.rows.make import Maker
from gates.database.rows.row import NO_VALUE
from gates.database.rows.solve import numbered_by_server
from gates.database.rows.values import quote
from gates.errors import CouldNotCheckError

VERSION = "7"
"""A version that no default gives."""
_MOST = 12
"""Values that are tried for one column."""


def changeable(maker: Maker, table: Table) -> list[Column]:
    """The columns that an application changes: no key, reference, tenant or partition key, nor what
    the server computes or a policy compares with the session."""
    fixed = {*(table.primary.columns if table.primary else ()), *table.partition_key}
    fixed |= {number for each in table.references for number in each.columns}
    fixed |= {number for oid, number in maker.session_columns if oid == table.oid}
    return [
        column
        for column in table.columns
        if column.number not in fixed
        and column is not table.tenant
        and column.generated is None
        and not numbered_by_server(column)
    ]


def other_values(maker: Maker, table: Table, column: Column, seed: int) -> list[str]:
    """Expressions for SET that change a column, the likeliest first. Some may break a rule; who
    uses them tries them out."""
    return list(dict.fromkeys(islice(_values(maker, table, column, seed), _MOST)))


def undefaulted(maker: Maker, table: Table, column: Column, seed: int) -> str | None:
    """An expression for INSERT that is not what the column's default gives."""
    kind = maker.types.get(column.type_oid)
    if column.name == "version" and column.type == "integer":
        return VERSION
    if kind.category == "B":
        return "false" if column.default == "true" else "true"
    values = other_values(maker, table, column, seed)
    return next((each for each in values if each != column.default), None)


def _values(maker: Maker, table: Table, column: Column, seed: int) -> Iterator[str]:
    kind = maker.types.get(column.type_oid)
    rules = [each.expression for each in table.checks if column.number in each.columns]
    if column.name == "version" and column.type == "integer":
        yield f"{column.quoted} + 6"
    if kind.category == "B":
        yield f"NOT coalesce({column.quoted}, false)"
        return
    if kind.kind == "e":
        yield from (f"{quote(label)}::{column.type}" for label in reversed(kind.labels))
        return
    suggested = [likely(maker.types, kind, column.type, rule, seed) for rule in rules]
    for each in suggested:
        yield from reversed(each[:4])
    try:
        yield from (maker.types.value(column.type_oid, column.type, seed + n) for n in (0, 1, 40))
    except CouldNotCheckError:
        return
    for each in suggested:
        yield from each[4:]


def emptied(columns: list[Column]) -> dict[int, str]:
    """NULL for each column that may be NULL, by number."""
    return {column.number: NO_VALUE for column in columns if not column.not_null}


def assignments(table: Table, values: dict[int, str]) -> str:
    """What follows SET, for expressions by column number."""
    return ", ".join(
        f"{table.by_number[number].quoted} = {expression}" for number, expression in values.items()
    )
