"""Makes rows of one tenant that look like rows of another: what is tied to a row by its values
alone, and not by its tenant, takes the one for the other. What could not be made is said."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.rows.make import Maker, TakenError, Wish
from gates.database.rows.other_values import assignments, changeable
from gates.database.rows.row import Row
from gates.database.rows.solve import NoRowError
from gates.records import dataclass, replace

_KINDS = ((-1, ""), (1001, ""), (-401, "-"), (1601, "+"))
"""Seeds of rows, with a smaller number than the other tenant's and with larger ones, at the same
time; and earlier and later ones."""
_STEP = 2
_REMEDY = (
    "so rows of two tenants that equal each other were not tried; offer values that both may have"
    " in x-sample-values, see docs/policy.md"
)
_NOW = re.compile(
    r"(?:now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|CURRENT_TIMESTAMP"
)


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


def make_twins(
    maker: Maker, rows: Sequence[Row], tenant: str, own: Sequence[Row] = ()
) -> tuple[list[Twins], list[str]]:
    """Make for each row, which is another tenant's, some of `tenant` with the same values: with a
    smaller number and with a larger, and the same earlier and later. Where a key of the tenant's
    has no room for all, they come apart; where it has none for one, one of its `own` rows (the
    first of each table, where none are named) takes the values.

    All is undone. With it comes a sentence for each row that has no such twin.
    """
    left = [
        _Wanted(row, seed + (_STEP * number if seed > 0 else -_STEP * number), values)
        for number, row in enumerate(rows)
        for seed, shift in _KINDS
        if (values := _shared(maker, row, shift)) is not None
    ]
    found: list[Twins] = []
    never: dict[_Wanted, str] = {}
    while left:
        twins, never = _made_beside(maker, left, tenant, own)
        if not (twins.rows or twins.changed):
            break
        found.append(twins)
        left = [*never]
    changed = [own for each in found for own in each.changed or ()]
    like = {row.table.oid: row for row in reversed(rows)}
    found += _remade(maker, [(own, like[own.table.oid]) for own in changed])
    return found, [f"{each}; {_REMEDY}" for each in dict.fromkeys(never.values())]


def _made_beside(
    maker: Maker, wanted: Sequence[_Wanted], tenant: str, own: Sequence[Row]
) -> tuple[Twins, dict[_Wanted, str]]:
    """Those that fit together, and the others with the reason."""
    made: dict[_Wanted, Row] = {}
    left: dict[_Wanted, str] = {}
    changed: dict[Row, Row] = {}
    with undone(maker):
        for each in wanted:
            try:
                made[each] = _made(maker, each.row.table, tenant, each.seed, each.values)
            except NoRowError as error:
                left[each] = error.message
        for each in [*left]:
            if each not in left or any(other.row is each.row for other in made):
                continue
            first = maker.made.get((each.row.table.oid, tenant))
            theirs = [row for row in own if row.table.oid == each.row.table.oid]
            for mine in theirs or ([first] if first is not None else []):
                if mine in changed or mine.there:
                    continue
                if (like := _taking(maker, mine, each.values)) is not None:
                    changed[mine] = like
                    left = {it: why for it, why in left.items() if it.row is not each.row}
                    break
    return Twins(tuple(made.values()), changed), left


def _remade(maker: Maker, pairs: Sequence[tuple[Row, Row]]) -> Iterator[Twins]:
    """A tenant's own rows with smaller numbers and the values of others, where nothing refers to
    them."""
    import psycopg

    changed: dict[Row, Row] = {}
    with undone(maker):
        for own, row in pairs:
            delete = f"DELETE FROM {own.table.qualified} WHERE {own.condition()}"
            with contextlib.suppress(psycopg.Error, NoRowError), maker.own.transaction():
                maker.own.execute(delete)
                values = _shared(maker, row) or {}
                changed[own] = _made(maker, own.table, own.tenant, _KINDS[0][0], values)
    if changed:
        yield Twins((), changed)


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


def _made(maker: Maker, table: Table, tenant: str, seed: int, values: Mapping[int, str]) -> Row:
    """A row with these values; where its table's rules do not let two tenants have the same in some
    columns, with others there. Raises `NoRowError`."""
    try:
        return _with(maker, table, tenant, seed, values)
    except TakenError:
        raise
    except NoRowError:
        bound = _bound(table)
        free = {number: value for number, value in values.items() if number not in bound}
        if len(free) == len(values):
            raise
        return _with(maker, table, tenant, seed, free)


def _with(maker: Maker, table: Table, tenant: str, seed: int, values: Mapping[int, str]) -> Row:
    row = maker.make(table, tenant, seed, Wish(None, values))
    other = [table.by_number[n].name for n, value in values.items() if row.values.get(n) != value]
    if other:
        raise NoRowError(f"{table.label}: a trigger gives other values of {' and '.join(other)}")
    return row


def _bound(table: Table) -> set[int]:
    """The columns that a rule ties to whose the row is, or which."""
    whose = {*(table.primary.columns if table.primary else ())}
    whose |= {table.tenant.number} if table.tenant is not None else set()
    rules = [set(rule.columns) for rule in table.checks]
    return {number for rule in rules if rule & whose for number in rule}


def _shared(maker: Maker, row: Row, shift: str = "") -> dict[int, str] | None:
    """The values that rows of two tenants may have in common, but for the time of the server that
    a default gives, which is earlier ("-") or later ("+") by a `shift`; None where there is none to
    be shifted."""
    taken = unique_for_all(row.table)
    columns = [each for each in changeable(maker, row.table) if each.number not in taken]
    values = {each.number: row.values[each.number] for each in columns if each.number in row.values}
    times = [
        each
        for each in columns
        if each.number not in row.values and _NOW.fullmatch(each.default or "")
    ]
    if shift and not times:
        return None
    later = {each.number: f"({each.default} {shift} interval '1 hour')" for each in times if shift}
    return {**values, **later}


def unique_for_all(table: Table) -> set[int]:
    """The columns of keys that hold for all tenants together."""
    whose = table.tenant.number if table.tenant is not None else None
    return {number for key in table.keys if whose not in key.columns for number in key.columns}


@contextlib.contextmanager
def undone(maker: Maker) -> Iterator[None]:
    """What is made within is gone afterwards, and so is what the maker knows of it."""
    made = dict(maker.made)
    try:
        with maker.own.transaction(force_rollback=True):
            yield
    finally:
        maker.made.clear()
        maker.made.update(made)
