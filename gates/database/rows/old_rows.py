"""Rows as tenants have them after years: equal ones, long texts, large and negative numbers.

What a table's own rules do not refuse may be in it, and a new version has to bear it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gates.database.catalog_state.tables import Column, Table
from gates.database.rows.make import Maker, Wish
from gates.database.rows.other_values import changeable
from gates.database.rows.row import Row
from gates.errors import CouldNotCheckError

_TWIN, _WIDE = 60, 70
"""Added to the seeds of the first rows."""
_LONG = 1100
"""Characters of a long text: more than a limit usually allows, less than an index takes."""
_NUMBERS = {
    "int2": ("30000", "-30000"), "int4": ("70000", "-70000"),
    "int8": ("3000000000", "-3000000000"), "float4": ("-1.5",), "float8": ("-1.5",),
}  # fmt: skip
"""More than the next smaller type holds, and far from the end of the type itself."""


def make_old(maker: Maker, tables: Sequence[Table], tenants: Sequence[tuple[str, int]]) -> None:
    """Make such rows where a table takes them; partitions get them through their parent."""
    (first, _), *_ = tenants
    for table in (each for each in tables if each.partition_of is None):
        model = maker.made.get((table.oid, first))
        for tenant, seed in tenants:
            if model is not None:
                _try(maker, table, tenant, seed + _TWIN, _like(maker, table, model))
            if not _try(maker, table, tenant, seed + _WIDE, dict(_wide(maker, table))):
                for number, (column, value) in enumerate(_wide(maker, table)):
                    _try(maker, table, tenant, seed + _WIDE + 4 + 2 * number, {column: value})


def _try(maker: Maker, table: Table, tenant: str, seed: int, values: dict[int, str]) -> bool:
    if not values:
        return True
    try:
        maker.make(table, tenant, seed, Wish(None, values))
    except CouldNotCheckError:
        return False
    return True


def _like(maker: Maker, table: Table, model: Row) -> dict[int, str]:
    """The values of another row, but for keys, references and whose it is."""
    keyed = {number for key in table.keys for number in key.columns}
    return {
        column.number: model.values[column.number]
        for column in changeable(maker, table)
        if column.number not in keyed and column.number in model.values
    }


def _wide(maker: Maker, table: Table) -> Iterator[tuple[int, str]]:
    """A long or large value for each column that has no rule of its own."""
    ruled = {number for rule in table.checks for number in rule.columns}
    for column in changeable(maker, table):
        if column.number not in ruled and column.name != "version":
            yield from ((column.number, each) for each in _values(maker, column))


def _values(maker: Maker, column: Column) -> Iterable[str]:
    kind = maker.types.get(column.type_oid)
    if kind.name in {"text", "varchar", "citext", "bpchar"}:
        room = column.type.partition("(")[2].rstrip(")")
        length = min(int(room), _LONG) if room.isdigit() else _LONG
        return (f"'{('a long text ' * (length // 12 + 1))[:length].rstrip():x<{length}}'",)
    if kind.name == "numeric" and "(" in column.type:
        whole, _, scale = column.type.partition("(")[2].rstrip(")").partition(",")
        places = int(scale or 0)
        return ("9" * max(int(whole) - places, 0) + "." + "9" * places,) if places >= 0 else ()
    return _NUMBERS.get(kind.name, ())[:1]
