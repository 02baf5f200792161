"""A row to be inserted: the statement that does so, and the condition that finds it. Pure."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from gates.database.catalog_state.tables import Column, Table
from gates.database.rows.solve import NO_VALUE, numbered_by_server
from gates.records import dataclass

__all__ = ["NO_VALUE", "Row"]

_TEXT = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True)
class Row:
    """A row to be inserted, or inserted: column numbers to SQL expressions."""

    table: Table
    tenant: str
    seed: int
    values: Mapping[int, str]
    parents: tuple[Row, ...] = ()
    """Rows that it refers to, which come first."""
    there: bool = False
    """The module itself has made it, in a trigger on one of the rows that come first."""

    def statement(self, replaced: Mapping[int, str] | None = None, *, own_keys: bool = True) -> str:
        """The INSERT, one line. Without `own_keys`, the server numbers the row as it would for an
        application; `replaced` has other expressions for some columns."""
        values = {**self.values, **(replaced or {})}
        columns = [
            column
            for number in sorted(values)
            if (column := self.table.by_number[number])
            and (own_keys or not numbered_by_server(column))
        ]
        names = ", ".join(column.quoted for column in columns)
        shown = ", ".join(_plain(values[column.number], column) for column in columns)
        overriding = ""
        if any(column.identity == "a" for column in columns):
            overriding = " OVERRIDING SYSTEM VALUE"
        if not columns:
            return f"INSERT INTO {self.table.qualified} DEFAULT VALUES"
        unless = " ON CONFLICT DO NOTHING" if self.there else ""
        return f"INSERT INTO {self.table.qualified} ({names}){overriding} VALUES ({shown}){unless}"

    def family(self) -> list[Row]:
        """Its parents' families, then itself, each row once."""
        found: list[Row] = []
        for row in (*itertools.chain.from_iterable(each.family() for each in self.parents), self):
            if row not in found:
                found.append(row)
        return found

    def condition(self) -> str:
        """A WHERE condition that finds exactly this row: its primary key, else all its values."""
        primary = self.table.primary
        numbers = primary.columns if primary else tuple(self.values)
        parts = [
            f"{self.table.by_number[number].quoted} IS NOT DISTINCT FROM {self.values[number]}"
            for number in numbers
            if number in self.values
        ]
        return " AND ".join(
            part.replace("IS NOT DISTINCT FROM", "=") if primary else part for part in parts
        )

    def __hash__(self) -> int:
        return hash((self.table.oid, self.tenant, self.seed))


def _plain(expression: str, column: Column) -> str:
    """A value without the cast that INSERT makes anyway."""
    bare = expression.removesuffix(f"::{column.type}")
    return bare if _TEXT.fullmatch(bare) or bare == NO_VALUE else expression
