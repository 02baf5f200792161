"""Makes rows of one tenant that look like rows of another: what is tied to a row by its values
alone, and not by its tenant, takes the one for the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.rows.make import Maker, Wish
from gates.database.rows.other_values import changeable
from gates.database.rows.row import Row
from gates.errors import CouldNotCheckError

_BELOW, _ABOVE, _ALONE, _TIED, _STEP = -1, 1001, 1201, 1401, 2
"""Seeds of rows: with a smaller number than the other tenant's, and with larger ones."""
_MOST = 40
"""Rows that are tied to another by one column."""


def make_twins(maker: Maker, rows: Iterable[Row], tenant: str) -> list[Row]:
    """Make for each row, which is another tenant's, two of `tenant` with the same values, as far as
    its table takes them."""
    found: list[Row] = []
    for number, row in enumerate(rows):
        values = _shared(maker, row)
        for seed in (_BELOW - _STEP * number, _ABOVE + _STEP * number):
            found += _made(maker, row.table, tenant, seed, values)
    return found


def make_tied(
    maker: Maker,
    tables: Sequence[Table],
    tenants: tuple[str, str],
    pairs: Collection[tuple[str, str]],
) -> list[Row]:
    """Make rows of the first tenant that equal none of its others, and for each one of the second
    that equals it in one column: for `pairs` of names, the column of the second's row and that of
    the first's."""
    first, second = tenants
    named = {name for pair in pairs for name in pair}
    alone = [
        row
        for number, table in enumerate(tables)
        if any(column.name in named for column in table.columns)
        for row in _made(maker, table, first, _ALONE + _STEP * number, {})
    ]
    ways = [
        (table, column.number, row.values[there.number])
        for table in tables
        for column in changeable(maker, table)
        if column.number not in _unique_for_all(table)
        for mine, other in sorted(pairs)
        if mine == column.name
        for row in alone
        if (there := row.table.column(other)) is not None and there.number in row.values
    ]
    found = [*alone]
    for number, (table, column, value) in enumerate(dict.fromkeys(ways[:_MOST])):
        found += _made(maker, table, second, _TIED + _STEP * number, {column: value})
    return found


def _made(
    maker: Maker, table: Table, tenant: str, seed: int, values: dict[int, str]
) -> Iterable[Row]:
    try:
        yield maker.make(table, tenant, seed, Wish(None, values))
    except CouldNotCheckError:
        return


def _shared(maker: Maker, row: Row) -> dict[int, str]:
    """The values that rows of two tenants may have in common."""
    taken = _unique_for_all(row.table)
    return {
        column.number: row.values[column.number]
        for column in changeable(maker, row.table)
        if column.number in row.values and column.number not in taken
    }


def _unique_for_all(table: Table) -> set[int]:
    """The columns of keys that hold for all tenants together."""
    whose = table.tenant.number if table.tenant is not None else None
    return {number for key in table.keys if whose not in key.columns for number in key.columns}
