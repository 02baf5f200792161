"""Makes rows of one tenant that look like rows of another: what is tied to a row by its values
alone, and not by its tenant, takes the one for the other. What could not be made is said."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gates.database.catalog_state.tables import Table
from gates.database.rows.make import Maker, Wish
from gates.database.rows.other_values import assignments, changeable
from gates.database.rows.row import Row
from gates.database.rows.solve import NoRowError

_BELOW, _ABOVE, _ALONE, _TIED, _STEP = -1, 1001, 1201, 1401, 2
"""Seeds of rows: with a smaller number than the other tenant's, and with larger ones."""
_MOST = 40
"""Rows that are tied to another by one column."""


@dataclass(frozen=True)
class Twins:
    """Rows of one tenant that equal rows of another, all of which fit beside its own."""

    rows: tuple[Row, ...] = ()
    changed: Mapping[Row, Row] | None = None
    """Rows of its own that had to take the other's values, for want of room beside them."""

    def beside(self, own: Sequence[Row]) -> list[Row]:
        """A tenant's own rows with these, after the rows that they refer to."""
        changed = self.changed or {}
        family = [each for row in (*own, *self.rows) for each in row.family()]
        return list(dict.fromkeys(changed.get(each, each) for each in family))


@dataclass(frozen=True, eq=False)
class _Wanted:
    row: Row
    seed: int
    values: Mapping[int, str]


def make_twins(maker: Maker, rows: Sequence[Row], tenant: str) -> tuple[list[Twins], list[str]]:
    """Make for each row, which is another tenant's, two of `tenant` with the same values: one with
    a smaller number and one with a larger. Where a key of the tenant's has no room for two, they
    come apart; where it has none for one, its own row takes the values.

    All is undone. With it comes a sentence for each row that has no such twin.
    """
    wanted = [
        _Wanted(row, seed, _shared(maker, row))
        for number, row in enumerate(rows)
        for seed in (_BELOW - _STEP * number, _ABOVE + _STEP * number)
    ]
    together, left = _made_beside(maker, wanted, tenant)
    apart, never = _made_beside(maker, [each for each, _ in left], tenant) if left else (None, [])
    found = [each for each in (together, apart) if each is not None and (each.rows or each.changed)]
    return found, list(dict.fromkeys(sentence for _, sentence in never))


def _made_beside(
    maker: Maker, wanted: Sequence[_Wanted], tenant: str
) -> tuple[Twins, list[tuple[_Wanted, str]]]:
    """Those that fit together, and the others with the reason."""
    made: dict[_Wanted, Row] = {}
    left: dict[_Wanted, str] = {}
    changed: dict[Row, Row] = {}
    with _undone(maker):
        for each in wanted:
            try:
                made[each] = _made(maker, each.row.table, tenant, each.seed, each.values)
            except NoRowError as error:
                left[each] = error.message
        for each in [*left]:
            own = maker.made.get((each.row.table.oid, tenant))
            has_one = any(other.row is each.row for other in made)
            if own is None or own in changed or has_one or own.there:
                continue
            if (like := _taking(maker, own, each.values)) is not None:
                changed[own] = like
                left = {it: why for it, why in left.items() if it.row is not each.row}
    return Twins(tuple(made.values()), changed), [*left.items()]


def _taking(maker: Maker, own: Row, values: Mapping[int, str]) -> Row | None:
    """A tenant's own row with other values, where its table lets it take them."""
    import psycopg

    other = {number: value for number, value in values.items() if own.values.get(number) != value}
    if not other:
        return own
    changes = assignments(own.table, other)
    try:
        with maker.own.transaction():
            maker.own.execute(f"UPDATE {own.table.qualified} SET {changes} WHERE {own.condition()}")
    except psycopg.Error:
        return None
    return replace(own, values={**own.values, **other})


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
        for row in _tried(maker, table, first, _ALONE + _STEP * number, {})
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
        found += _tried(maker, table, second, _TIED + _STEP * number, {column: value})
    return found


def _tried(
    maker: Maker, table: Table, tenant: str, seed: int, values: Mapping[int, str]
) -> Iterator[Row]:
    with contextlib.suppress(NoRowError):
        yield maker.make(table, tenant, seed, Wish(None, values))


def _made(maker: Maker, table: Table, tenant: str, seed: int, values: Mapping[int, str]) -> Row:
    """A row with these values. Raises `NoRowError`, also where its table's rules want others."""
    row = maker.make(table, tenant, seed, Wish(None, values))
    other = [table.by_number[n].name for n, value in values.items() if row.values.get(n) != value]
    if other:
        raise NoRowError(f"{table.label}: its rules want another value of {' and '.join(other)}")
    return row


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


@contextlib.contextmanager
def _undone(maker: Maker) -> Iterator[None]:
    """What is made within is gone afterwards, and so is what the maker knows of it."""
    made = dict(maker.made)
    try:
        with maker.own.transaction(force_rollback=True):
            yield
    finally:
        maker.made.clear()
        maker.made.update(made)
