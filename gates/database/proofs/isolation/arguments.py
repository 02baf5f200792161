"""What one tenant would try for the arguments of the module's functions: another tenant's ids, keys
and texts, and the values at the edges of a type."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

from gates.database.catalog_state.tables import Table
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.solve import numbered_by_server
from gates.database.rows.values import Type, holds, quote
from gates.database.tenant_session import organization_of, user_of
from gates.errors import CouldNotCheckError

_POLYMORPHIC = {"any", "anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray"}
_TEXTS = {"text", "varchar", "bpchar", "name", "citext"}
_EDGES = {
    "bool": ("true", "false"),
    "int2": ("0", "-1", "32767"),
    "int4": ("0", "-1", "2147483647"),
    "int8": ("0", "-1", "9223372036854775807"),
    "numeric": ("0", "-1", "9223372036854775807"),
    "float4": ("0", "-infinity", "infinity"),
    "float8": ("0", "-infinity", "infinity"),
    "date": ("-infinity", "infinity"),
    "timestamp": ("-infinity", "infinity"),
    "timestamptz": ("-infinity", "infinity"),
    "interval": ("0", "10000 years", "-1000 years"),
}
"""Values for which a condition that should be narrow may hold for every row."""
_WIDE = ("", "%", ".*")
"""Texts that match every text, as a beginning, by LIKE, or as a regular expression."""
_REAL = 4
"""Columns whose values are tried, of each type."""


class Values:
    """What one tenant would try for an argument of a type."""

    def __init__(self, tenants: Tenants, tables: Sequence[Table]) -> None:
        self._tenants = tenants
        self._types = tenants.maker.types
        b = tenants.b
        self._keys = [
            (column.type, self._key(table, column.number))
            for table in tables
            if table.primary is not None
            for number in table.primary.columns
            if (column := table.by_number.get(number)) and column is not table.tenant
        ]
        ids = [b, organization_of(b), user_of(b)]
        self._ids = ids
        names = [table.qualified for table in tables][:2]
        readers = [f"SELECT string_agg(t::text, ',') FROM {name} t" for name in names[:1]]
        self._texts = [*ids[:1], "x' OR 'x' = 'x", *readers, *names, *_commands(tables[:1], b)]
        self._json = json.dumps({"tenant_id": b, "tenant": b, "id": b, "sub": ids[2]})

        self._real: dict[int, list[str]] = {}
        for table in tables:
            for column in table.columns:
                self._note(table, column.number)

    def _note(self, table: Table, number: int) -> None:
        """The value that B's row is going to have in a column, as far as it is the usual one."""
        column = table.by_number[number]
        known = self._real.setdefault(column.type_oid, [])
        if column is table.tenant or column.generated is not None or len(known) >= _REAL:
            return
        # One suggestion less: `of` raises where a type has no value at all.
        with contextlib.suppress(CouldNotCheckError):
            known.append(self._key(table, number))

    def _key(self, table: Table, number: int) -> str:
        column = table.by_number[number]
        if numbered_by_server(column):
            return self._tenants.maker.number(column, 501)
        return self._types.value(column.type_oid, column.type, 501)

    def of(self, oid: int) -> list[str]:
        """Expressions of a type, the most promising first. Raises `CouldNotCheckError`."""
        kind = self._types.get(oid)
        if kind.element is not None:
            several = [f"ARRAY[{each}]::{kind.shown}" for each in self.of(kind.element)]
            return [*several, f"NULL::{kind.shown}"]
        if kind.kind == "d":
            base = [f"({each})::{kind.shown}" for each in self.of(kind.base)]
            return [each for each in base if self._fits(each)] or [self._made(kind)]
        if kind.kind == "c" and kind.attributes:
            parts = [self.of(each)[0] for each in kind.attributes]
            return [f"ROW({', '.join(parts)})::{kind.shown}"]
        found = self._ids_of(kind)
        if kind.kind == "p" and not found:
            raise CouldNotCheckError(f"no value is known for an argument of type {kind.shown}")
        if kind.kind != "p":
            found = list(dict.fromkeys([*(found or [self._made(kind)]), *self._more(kind)]))
        usable = [each for each in found if kind.kind == "p" or self._fits(each)]
        if not usable:
            raise CouldNotCheckError(f"no value is known for an argument of type {kind.shown}")
        return usable

    def _more(self, kind: Type) -> list[str]:
        """Values of B's row, those at the edges, and NULL."""
        real = self._real.get(kind.oid, [])
        edges = _WIDE if kind.name in _TEXTS else _EDGES.get(kind.name, tuple(kind.labels))
        return [
            *(f"({each})::{kind.shown}" for each in real),
            *(f"{quote(each)}::{kind.shown}" for each in edges),
            f"NULL::{kind.shown}",
        ]

    def _made(self, kind: Type) -> str:
        return self._types.value(kind.oid, kind.shown, 501)

    def _fits(self, expression: str) -> bool:
        return holds(self._tenants.owner, f"SELECT true FROM (SELECT {expression}) v")

    def _ids_of(self, kind: Type) -> list[str]:
        keys = [value for shown, value in self._keys if shown == kind.shown]
        if kind.name == "uuid":
            return list(dict.fromkeys([*(f"{quote(each)}::uuid" for each in self._ids), *keys]))
        if kind.name in {"text", "varchar", "bpchar", "name", "citext"}:
            return list(
                dict.fromkeys([f"{quote(each)}::{kind.shown}" for each in self._texts] + keys)
            )
        if kind.name in {"json", "jsonb"}:
            return [f"{quote(self._json)}::{kind.shown}"]
        if kind.name in _POLYMORPHIC:
            return [f"{quote(self._ids[0])}::text"]
        if kind.name in {"anyarray", "anycompatiblearray"}:
            return [f"ARRAY[{quote(self._ids[0])}]::text[]"]
        if kind.name in {"int2", "int4", "int8", "numeric"}:
            number = [f"({value})::{kind.shown}" for shown, value in self._keys if "int" in shown]
            return list(dict.fromkeys([*number, f"1::{kind.shown}"]))
        return keys


def _commands(tables: Sequence[Table], tenant: str) -> list[str]:
    """Texts that remove a tenant's rows where a function runs them: as they are, behind the name of
    a table, and behind a quote."""
    found: list[str] = []
    for table in tables:
        delete = f"DELETE FROM {table.qualified} WHERE tenant_id::text = '{tenant}'"
        found += [delete, f"{table.name}; {delete} RETURNING 1", f"x'; {delete} --"]
    return found
