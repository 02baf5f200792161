"""Makes rows for any table: values that fit its types, checks, keys and references.

Nothing is known about a module but its catalog entries. So values are tried out: the constants of
CHECK expressions suggest candidates, and the server itself says which combination it accepts.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gates.database.solve import NoRowError, Solver, numbered_by_server
from gates.database.tables import Column, Reference, Table
from gates.database.values import Types, quote

if TYPE_CHECKING:
    import psycopg

NO_VALUE = "NULL"
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
        return f"INSERT INTO {self.table.qualified} ({names}){overriding} VALUES ({shown})"

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


@dataclass
class Maker:
    """Makes rows in one database. Not for several threads.

    `own` is a session that may write the module's tables, `platform` one for the platform's.
    """

    own: psycopg.Connection[tuple[Any, ...]]
    platform: psycopg.Connection[tuple[Any, ...]]
    tables: Mapping[int, Table]
    own_tables: frozenset[int]
    made: dict[tuple[int, str], Row] = field(default_factory=dict)
    _types: Types | None = None
    _pending: dict[tuple[int, str], dict[int, str]] = field(default_factory=dict)

    @property
    def types(self) -> Types:
        """The types of this database."""
        if self._types is None:
            self._types = Types(self.own)
        return self._types

    def first(self, table: Table, tenant: str, seed: int) -> Row:
        """The row that others refer to; made when it is asked for. Raises `NoRowError`."""
        return self.made.get((table.oid, tenant)) or self.make(table, tenant, seed)

    def make(self, table: Table, tenant: str, seed: int) -> Row:
        """Insert a row, after the rows that it refers to. Raises `NoRowError`."""
        import psycopg

        problem = ""
        for attempt in range(4):
            row = self.plan(table, tenant, seed + 1000 * attempt)
            try:
                row = self._insert(row)
            except psycopg.errors.UniqueViolation as error:
                problem = str(error.diag.message_primary)
                continue
            except psycopg.Error as error:
                problem = error.diag.message_primary or str(error)
                break
            self.made.setdefault((table.oid, tenant), row)
            return row
        raise NoRowError(
            f"no row could be made for {table.label}: {problem}",
            hint="gates explain tenant-isolation",
        )

    def plan(self, table: Table, tenant: str, seed: int, *, fresh: bool = False) -> Row:
        """Decide a row without inserting it; the rows that it refers to are inserted. `fresh` has
        it refer to new rows of the module, and not to those that others refer to."""
        values: dict[int, str] = {}
        self._pending[table.oid, tenant] = values
        try:
            self._fix_keys(table, tenant, seed, values)
            parents = list(self._follow(table, tenant, seed, values, fresh=fresh))
            self._fill(table, seed, values)
            Solver(self.own, self.types, self.tables).satisfy(table, seed, values)
        finally:
            del self._pending[table.oid, tenant]
        return Row(table, tenant, seed, values, tuple(parents))

    def _insert(self, row: Row) -> Row:
        connection = self.own if row.table.oid in self.own_tables else self.platform
        keys = sorted({number for key in row.table.keys for number in key.columns if number})
        returned = ", ".join(f"{row.table.by_number[number].quoted}::text" for number in keys)
        statement = row.statement() + (f" RETURNING {returned}" if returned else "")
        with connection.transaction():
            connection.execute("SET CONSTRAINTS ALL DEFERRED")
            connection.execute(
                "SELECT set_config('request.jwt.claims', %s, true)", (claims(row.tenant),)
            )
            cursor = connection.execute(statement)
            if cursor.rowcount == 0:
                raise NoRowError(
                    f"no row could be made for {row.table.label}: a trigger drops what is inserted"
                )
            given = cursor.fetchone() if returned else None
        changed = dict(row.values)
        for number, text in zip(keys, given or (), strict=False):
            column = row.table.by_number[number]
            if number not in changed or (text is not None and quote(text) not in changed[number]):
                changed[number] = NO_VALUE if text is None else f"{quote(text)}::{column.type}"
        return Row(row.table, row.tenant, row.seed, changed, row.parents)

    def _fix_keys(self, table: Table, tenant: str, seed: int, values: dict[int, str]) -> None:
        """The tenant, and numbers that the server would give: known before the row is there."""
        for column in table.columns:
            own_id = tenant if column.name == "tenant_id" else None
            if table.oid not in self.own_tables:
                own_id = self._platform_id(table, column, tenant)
            if own_id is not None and column.generated is None:
                values[column.number] = f"{quote(own_id)}::{column.type}"
            elif numbered_by_server(column):
                base = 10_000 if column.type == "smallint" else 7_000_000
                shift = sum(map(ord, tenant)) % 97 * 100
                values[column.number] = f"{base + shift + seed}"

    @staticmethod
    def _platform_id(table: Table, column: Column, tenant: str) -> str | None:
        if column.name == "id" and table.name in _OWN_IDS:
            return _OWN_IDS[table.name](tenant)
        return tenant if column.name == "tenant_id" else None

    def _follow(
        self, table: Table, tenant: str, seed: int, values: dict[int, str], *, fresh: bool
    ) -> Iterator[Row]:
        for reference in table.references:
            open_columns = [number for number in reference.columns if number not in values]
            target = self.tables.get(reference.target)
            if target is None:
                raise NoRowError(f"{table.label} refers to a table that is not there")
            pending = self._pending.get((target.oid, tenant))
            if pending is not None:
                self._close_cycle(table, reference, pending, open_columns, seed, values)
                continue
            choose = self.make if fresh and target.oid in self.own_tables else self.first
            parent = choose(target, tenant, seed)
            yield parent
            for number, other in zip(reference.columns, reference.target_columns, strict=True):
                values[number] = parent.values.get(other, NO_VALUE)

    def _close_cycle(
        self,
        table: Table,
        reference: Reference,
        pending: Mapping[int, str],
        open_columns: list[int],
        seed: int,
        values: dict[int, str],
    ) -> None:
        """A reference back to a row that is still being decided: nothing, or that very row."""
        nullable = [each for each in open_columns if not table.by_number[each].not_null]
        if nullable:
            values.update(dict.fromkeys(nullable, NO_VALUE))
            return
        for number, other in zip(reference.columns, reference.target_columns, strict=True):
            if other not in pending and self.tables[reference.target] is table:
                values.setdefault(other, self._value(table.by_number[other], seed))
            values[number] = values.get(other) or pending.get(other, NO_VALUE)

    def _fill(self, table: Table, seed: int, values: dict[int, str]) -> None:
        keyed = {number for key in table.keys for number in key.columns}
        keyed |= {
            number
            for other in self.tables.values()
            for reference in other.references
            if reference.target == table.oid
            for number in reference.target_columns
        }
        for column in table.columns:
            if column.number in values or column.generated is not None:
                continue
            if column.default is None or (column.number in keyed and column.type != "boolean"):
                values[column.number] = self._value(column, seed)

    def _value(self, column: Column, seed: int) -> str:
        return self.types.value(column.type_oid, column.type, seed)


def claims(tenant: str) -> str:
    """The claims of a session of one tenant, as JSON. No two of its ids are the same."""
    return (
        f'{{"tenant_id": "{tenant}", "organization_id": "{_OWN_IDS["organizations"](tenant)}",'
        f' "sub": "{_OWN_IDS["profiles"](tenant)}", "role": "tenant_app_role"}}'
    )


_OWN_IDS: Mapping[str, Callable[[str], str]] = {
    "tenants": lambda tenant: tenant,
    "organizations": lambda tenant: f"{tenant[:8]}-0000-4000-8000-000000000001",
    "profiles": lambda tenant: f"{tenant[:8]}-0000-4000-8000-000000000002",
}
"""The ids of a tenant's own rows in tables of the platform, as its claims name them."""
