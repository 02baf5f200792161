"""How one tenant may call the module's functions: with another tenant's ids, keys, tables, texts.

Those that run with their owner's rights, and those that may change who the session is, are called;
the others cannot see more than the session itself.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gates.database.isolation.session import organization_of, user_of
from gates.database.isolation.tenants import APP, Tenants
from gates.database.rows.solve import numbered_by_server
from gates.database.rows.values import Type, holds, quote
from gates.database.schema.tables import Table
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

MOST_CALLS = 24
"""Calls of one function; all that differ in one argument come first."""

_FUNCTIONS = """
    SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        quote_ident(n.nspname) || '.' || quote_ident(p.proname), p.prokind = 'p', p.proname,
        p.proargtypes::oid[], coalesce(p.proargmodes::text[], '{}'), p.provariadic <> 0,
        p.pronargdefaults, p.prorettype = 'record'::regtype AND p.proargmodes IS NULL,
        (SELECT r FROM unnest(%s::text[]) WITH ORDINALITY u(r, o)
            WHERE has_function_privilege(r, p.oid, 'EXECUTE') ORDER BY o LIMIT 1) AS role
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proowner = %s::regrole AND p.prokind IN ('f', 'p', 'w')
        AND (p.prosecdef OR p.prosrc ~* 'set_config|set\\s+(local\\s+|session\\s+)?["a-z_]')
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND NOT ('internal'::regtype = ANY (p.proargtypes::oid[]))
    ORDER BY 1"""
_ROLES = (APP, "authenticated", "anon")
_POLYMORPHIC = {"any", "anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray"}


@dataclass(frozen=True)
class Call:
    """A function and the statements that call it."""

    label: str
    name: str
    statements: tuple[str, ...]
    role: str
    """The role that may."""


def find_calls(
    tenants: Tenants, owner_name: str, tables: Sequence[Table]
) -> tuple[list[Call], list[str]]:
    """The functions that a session of a tenant may call, and a sentence for each that has an
    argument of which no value is known."""
    calls: list[Call] = []
    unknown: list[str] = []
    owner = tenants.owner
    rows = owner.execute(_FUNCTIONS, (list(_ROLES), owner_name)).fetchall()
    values = _Values(tenants, tables)
    for label, quoted, procedure, name, types, modes, variadic, defaults, anything, role in rows:
        if role is None:
            continue
        try:
            options = [values.of(oid) for oid in types]
        except CouldNotCheckError as error:
            unknown.append(f"function {label} cannot be called: {error.message}")
            continue
        shapes = [options]
        if defaults:
            shapes.append(options[: len(options) - defaults])
        statements = []
        for shape in shapes:
            for chosen in _combinations(shape):
                given = list(chosen)
                if variadic and len(given) == len(types):
                    given[-1] = f"VARIADIC {given[-1]}"
                if procedure:
                    given = _with_outputs(given, modes)
                call = f"{quoted}({', '.join(given)})"
                ask = f"SELECT f::text FROM {call} AS f ORDER BY 1"
                if anything:
                    ask = f"SELECT {call}::text ORDER BY 1"
                statements.append(f"CALL {call}" if procedure else ask)
        calls.append(Call(f"function {label}", name, tuple(dict.fromkeys(statements)), role))
    return calls, unknown


class _Values:
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
        self._texts = [*ids[:1], "x' OR 'x' = 'x", *readers, *names]
        self._json = json.dumps({"tenant_id": b, "tenant": b, "id": b, "sub": ids[2]})

    def _key(self, table: Table, number: int) -> str:
        column = table.by_number[number]
        if numbered_by_server(column):
            return self._tenants.maker.number(column, 501)
        return self._types.value(column.type_oid, column.type, 501)

    def of(self, oid: int) -> list[str]:
        """Expressions of a type, the most promising first. Raises `CouldNotCheckError`."""
        kind = self._types.get(oid)
        if kind.element is not None:
            return [f"ARRAY[{each}]::{kind.shown}" for each in self.of(kind.element)]
        if kind.kind == "d":
            base = [f"({each})::{kind.shown}" for each in self.of(kind.base)]
            return [each for each in base if self._fits(each)] or [self._made(kind)]
        if kind.kind == "c" and kind.attributes:
            parts = [self.of(each)[0] for each in kind.attributes]
            return [f"ROW({', '.join(parts)})::{kind.shown}"]
        found = self._ids_of(kind)
        if kind.kind == "p" and not found:
            raise CouldNotCheckError(f"no value is known for an argument of type {kind.shown}")
        if not found:
            found = [self._made(kind)]
        usable = [each for each in found if kind.kind == "p" or self._fits(each)]
        if not usable:
            raise CouldNotCheckError(f"no value is known for an argument of type {kind.shown}")
        return usable

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


def _combinations(options: list[list[str]]) -> list[tuple[str, ...]]:
    """Choices of one option each: the first of all, then others one by one, then together."""
    first = [each[0] for each in options]
    found = [tuple(first)]
    for at, choices in enumerate(options):
        found += [(*first[:at], each, *first[at + 1 :]) for each in choices[1:]]
    found += itertools.islice(itertools.product(*options), MOST_CALLS)
    return list(dict.fromkeys(found))[:MOST_CALLS]


def _with_outputs(given: list[str], modes: list[str]) -> list[str]:
    """A CALL names OUT parameters too (since PostgreSQL 14); anything will do."""
    if not modes:
        return given
    rest = iter(given)
    named = ("NULL" if mode == "o" else next(rest, None) for mode in modes if mode != "t")
    return [each for each in named if each is not None]


def membership(owner: psycopg.Connection[tuple[Any, ...]], owner_name: str) -> list[str]:
    """The roles of the platform's sessions that are members of the role that owns the tables."""
    return [
        row[0]
        for row in owner.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE pg_has_role(r, %s, 'MEMBER')",
            (list(_ROLES), owner_name),
        )
    ]
