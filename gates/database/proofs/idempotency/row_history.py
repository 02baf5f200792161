"""The rows of a module's tables, and what became of them when scripts ran over them.

Tables are known by their number in the catalog and columns by theirs, so that a renamed one is the
same; a table that was made anew under its old name is taken for the old one.
"""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from gates.database.catalog_state.tables import Table, read_tables
from gates.database.prepared.scratch import Scratch
from gates.records import dataclass, replace

Value = str | None
"""A column's value as PostgreSQL writes it."""


@dataclass(frozen=True)
class TableRows:
    """One table with its rows. Generated columns are not looked at: they follow from others."""

    name: str
    """Schema and name, quoted where necessary."""
    columns: Mapping[int, str]
    """Quoted names by number, in the order of the values in a row."""
    key: tuple[int, ...]
    """The primary key's numbers; empty where there is none."""
    rows: Sequence[Sequence[Value]]
    digest: str = ""
    """Of the rows; "" where it is not known."""

    def named(self, column: str) -> int | None:
        """The number of a column by its name."""
        return next((number for number, name in self.columns.items() if name == column), None)

    @cached_property
    def _places(self) -> Mapping[int, int]:
        return {number: place for place, number in enumerate(self.columns)}

    def pick(self, row: Sequence[Value], numbers: Sequence[int]) -> tuple[Value, ...]:
        """Some values of a row."""
        return tuple(row[self._places[number]] for number in numbers)

    def filled(self, number: int) -> int:
        """How many rows have a value in a column."""
        return sum(row[self._places[number]] is not None for row in self.rows)


Contents = Mapping[int, TableRows]
"""Tables by oid."""


def contents(scratch: Scratch, known: frozenset[str], last: Contents | None = None) -> Contents:
    """Everything in the tables of the module; `known` are those of the platform. Partitions count
    as their parent's, since a row may move from one to another. What is as it was in `last` is
    not read again."""
    tables = read_tables(scratch.session("admin")).values()
    own = [each for each in tables if each.qualified not in known and each.partition_of is None]
    digests = scratch.digests()
    return {
        each.oid: _table_rows(
            scratch, each, digests.get(each.qualified, ""), (last or {}).get(each.oid)
        )
        for each in own
    }


def _table_rows(scratch: Scratch, table: Table, digest: str, last: TableRows | None) -> TableRows:
    columns = {each.number: each.quoted for each in table.columns if each.generated is None}
    primary = table.primary.columns if table.primary else ()
    key = primary if {*primary} <= {*columns} else ()
    if last is not None and digest and last.digest == digest and last.columns == columns:
        return TableRows(table.qualified, columns, key, last.rows, digest)
    read = ", ".join(f"{name}::text" for name in columns.values())
    rows = scratch.session("owner").execute(f"SELECT {read} FROM {table.qualified}").fetchall()
    return TableRows(table.qualified, columns, key, rows, digest)


@dataclass(frozen=True)
class RowsOutcome:
    """What became of the rows of one table."""

    table: str
    """By its name before."""
    held: int
    """Rows before."""
    dropped: bool = False
    """The table is gone."""
    lost: int = 0
    """Rows that are gone from a table that is there."""
    dropped_columns: tuple[tuple[str, int], ...] = ()
    """Columns that are gone, and how many rows had a value in them."""
    changed: tuple[tuple[str, int, Value, Value], ...] = ()
    """Columns with other values in rows that are there: name, rows, one value before and after.
    A version that grows, or another time in updated_at, is no such value."""
    filled: tuple[tuple[str, int], ...] = ()
    """How many of the changed rows of a column had no value before."""

    def without_filled(self) -> RowsOutcome:
        """Without the changes that only put a value where there was none."""
        filled = dict(self.filled)
        kept = [
            (name, rows - filled.get(name, 0), was, now)
            for name, rows, was, now in self.changed
            if rows > filled.get(name, 0)
        ]
        return replace(self, changed=tuple(kept), filled=())

    @property
    def losses(self) -> list[str]:
        """What is gone with a table or column that is gone; one phrase each."""
        if self.dropped:
            return [f"table {self.table} ({_rows(self.held)})"] if self.held else []
        return [
            f"column {name} of table {self.table} ({_rows(count)} had a value)"
            for name, count in self.dropped_columns
            if count
        ]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def compare_rows(before: Contents, after: Contents) -> Iterator[RowsOutcome]:
    """What became of each table's rows, where something did."""
    names = {each.name: each for oid, each in after.items() if oid not in before}
    for oid, old in before.items():
        new = after.get(oid) or names.get(old.name)
        if new is None:
            yield RowsOutcome(old.name, len(old.rows), dropped=True)
            continue
        same = {
            number: number if oid in after else new.named(name)
            for number, name in old.columns.items()
        }
        pairs = {one: two for one, two in same.items() if two is not None and two in new.columns}
        gone = [number for number in old.columns if number not in pairs]
        lost, changed, filled = _compare(old, new, pairs)
        if gone or lost or changed:
            columns = tuple((old.columns[number], old.filled(number)) for number in gone)
            yield RowsOutcome(old.name, len(old.rows), False, lost, columns, changed, filled)


def _moves_on(column: str, was: Value, now: Value) -> bool:
    """Whether a column is bookkeeping that changes whenever a row does, and goes forwards."""
    if column == "version":
        return (was or "").isdigit() and (now or "").isdigit() and int(now or 0) > int(was or 0)
    return column == "updated_at" and now is not None


def _compare(
    old: TableRows, new: TableRows, pairs: Mapping[int, int]
) -> tuple[int, tuple[tuple[str, int, Value, Value], ...], tuple[tuple[str, int], ...]]:
    """Rows that are lost, values that changed, and how many of those had been none, over columns
    that are there before and after."""
    mine, theirs = tuple(pairs), tuple(pairs.values())
    if not old.key or not {*old.key} <= {*mine}:
        left = Counter(old.pick(row, mine) for row in old.rows)
        left -= Counter(new.pick(row, theirs) for row in new.rows)
        missing = max(len(old.rows) - len(new.rows), 0)
        other = left.total() - missing
        return missing, (("some column", other, None, None),) if other > 0 else (), ()
    key = tuple(pairs[number] for number in old.key)
    found = {new.pick(row, key): new.pick(row, theirs) for row in new.rows}
    lost = 0
    changes: dict[str, list[tuple[Value, Value]]] = {}
    for row in old.rows:
        now = found.get(old.pick(row, old.key))
        if now is None:
            lost += 1
            continue
        for number, was, is_ in zip(mine, old.pick(row, mine), now, strict=True):
            if was != is_ and not _moves_on(old.columns[number], was, is_):
                changes.setdefault(old.columns[number], []).append((was, is_))
    # One that was changed says more than one that was filled.
    shown = {name: sorted(each, key=lambda pair: pair[0] is None) for name, each in changes.items()}
    filled = {name: sum(was is None for was, _ in each) for name, each in shown.items()}
    return (
        lost,
        tuple((name, len(each), *each[0]) for name, each in shown.items()),
        tuple(filled.items()),
    )


def changes(fate: RowsOutcome, but: frozenset[tuple[str, str]] = frozenset()) -> list[str]:
    """One phrase for each changed column that is none of `but` (table, name)."""
    return [_change(fate.table, *each) for each in fate.changed if (fate.table, each[0]) not in but]


def _change(table: str, column: str, rows: int, was: str | None, now: str | None) -> str:
    """One changed column, in a phrase."""

    def shown(value: str | None) -> str:
        return "NULL" if value is None else repr(value if len(value) <= 40 else value[:37] + "...")

    count = "1 row" if rows == 1 else f"{rows} rows"
    return f"column {column} of table {table} in {count}, such as {shown(was)} to {shown(now)}"
