"""Makes rows of one tenant that equal rows of another in one column: that which is compared."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from gates.database.catalog_state.tables import Column, Table
from gates.database.rows.limits import first_of
from gates.database.rows.make import Maker, Wish
from gates.database.rows.other_values import changeable
from gates.database.rows.row import Row
from gates.database.rows.search import Given, evaluated
from gates.database.rows.solve import NoRowError
from gates.database.rows.twins import unique_for_all
from gates.database.rows.values import quote

_ALONE, _TIED, _LOWER, _STEP = 1201, 1401, 1801, 2
MOST_TIED = 300
"""Rows that are tied to another by one column."""
_PLAIN = {"S", "N", "D", "A"}
"""Categories of types of which there are many values: texts, numbers, times, lists."""
_FIRST = {"S": "!", "N": "-9"}
"""A value that comes before ordinary ones, by category of type."""
_WORD = re.compile(r"\w+")


def make_tied(
    maker: Maker,
    tables: Sequence[Table],
    tenants: tuple[str, str],
    pairs: Collection[tuple[str, str]],
    expressions: Collection[tuple[str, str]] = (),
    cut: list[str] | None = None,
    near: Collection[int] | None = None,
) -> list[Row]:
    """Make rows of the first tenant that equal none of its others, and for each one of the second
    that equals it in one column: for `pairs` of names, the column of the second's row and that of
    the first's; for `expressions`, the column of the second's and what the first's gives. `cut` is
    told where those of the tables `near` (oids; None means all) are too many; of other tables come
    as many as there is room for."""
    first, second = tenants
    named = {name for pair in pairs for name in pair}
    words = {word for _, expression in expressions for word in _WORD.findall(expression)}
    alone = [
        row
        for number, table in enumerate(tables)
        if any(column.name in named | words for column in table.columns)
        for row in _alone(maker, table, first, _ALONE + _STEP * number, named)
    ]
    ways = [
        (near is None or {table.oid, row.table.oid} <= {*near}, (table, column.number, value))
        for table in tables
        for column in changeable(maker, table)
        if column.number not in unique_for_all(table)
        for row in alone
        for value in (
            *(_as(maker, column, row, other) for mine, other in sorted(pairs)
              if mine == column.name),
            *(_given(maker, column, row, each) for mine, each in sorted(expressions)
              if mine == column.name and row.table is not table),
        )
        if value
    ]  # fmt: skip
    found = [*alone]
    close, far = ([way for is_near, way in ways if is_near is each] for each in (True, False))
    what = "ways to equal by one column"
    tried = first_of(close, MOST_TIED, what, [] if cut is None else cut)
    tried = first_of([*tried, *far], MOST_TIED, what, [])
    for number, (table, column, value) in enumerate(tried):
        found += _tried(maker, table, second, _TIED + _STEP * number, {column: value})
    return found


def make_lower(maker: Maker, tables: Sequence[Table], tenant: str) -> list[Row]:
    """Make a row in each table that takes one whose texts and numbers come before those of others:
    what counts or ranks rows by their order counts it."""
    found: list[Row] = []
    for number, table in enumerate(tables):
        values: dict[int, str] = {}
        for column in changeable(maker, table):
            kind = maker.types.get(column.type_oid)
            if kind.category in _FIRST and column.number not in unique_for_all(table):
                values[column.number] = f"{quote(_FIRST[kind.category])}::{column.type}"
        if values:
            found += _tried(maker, table, tenant, _LOWER + _STEP * number, values)
    return found


def _as(maker: Maker, column: Column, row: Row, name: str) -> str:
    """The value of a row's column, as an item or as a list where the other column is one."""
    there = row.table.column(name)
    if there is None or there.number not in row.values:
        return ""
    value = row.values[there.number]
    lists = [maker.types.get(each.type_oid).element is not None for each in (column, there)]
    if lists == [True, False]:
        return f"ARRAY[{value}]::{column.type}"
    return f"({value})[1]" if lists == [False, True] else value


def _given(maker: Maker, column: Column, row: Row, expression: str) -> str:
    """What an expression gives of a row; "" where it names what the row has not."""
    words = set(_WORD.findall(expression))
    used = [each for each in row.table.columns if each.name in words and each.number in row.values]
    if not used:
        return ""
    given = [Given(each.quoted, each.type, (row.values[each.number],)) for each in used]
    text = evaluated(maker.own, given, expression)
    return "" if text is None else f"{quote(text)}::{column.type}"


def _alone(
    maker: Maker, table: Table, tenant: str, seed: int, named: Collection[str]
) -> Sequence[Row]:
    """A row whose named columns equal none of each other, where its table takes one."""
    values = {
        column.number: maker.types.value(column.type_oid, column.type, seed + 37 * number)
        for number, column in enumerate(changeable(maker, table), 1)
        if column.name in named and maker.types.get(column.type_oid).category in _PLAIN
    }
    apart = [*_tried(maker, table, tenant, seed, values)]
    return apart or [*_tried(maker, table, tenant, seed, {})]


def _tried(
    maker: Maker, table: Table, tenant: str, seed: int, values: Mapping[int, str]
) -> Iterator[Row]:
    # Two rows that the table does not let equal each other are none to try.
    with contextlib.suppress(NoRowError):
        yield maker.make(table, tenant, seed, Wish(None, values))
