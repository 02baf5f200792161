"""How one tenant may call the module's functions: with another tenant's ids, keys, tables, texts.

Those that run with their owner's rights, and those that may change who the session is, are called;
the others cannot see more than the session itself.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.arguments import Values
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.tenant_session import APP
from gates.errors import CouldNotCheckError
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

MOST_CALLS = 48
"""Calls of one function in which arguments vary together; each alone takes all of its values."""

_FUNCTIONS = """
    SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        quote_ident(n.nspname) || '.' || quote_ident(p.proname), p.prokind::text, p.proname,
        p.proargtypes::oid[], coalesce(p.proargmodes::text[], '{}'), p.provariadic <> 0,
        p.pronargdefaults, p.prorettype = 'record'::regtype AND p.proargmodes IS NULL,
        CASE WHEN g.aggkind IN ('o', 'h') THEN g.aggnumdirectargs ELSE -1 END,
        (SELECT r FROM unnest(%s::text[]) WITH ORDINALITY u(r, o)
            WHERE has_function_privilege(r, p.oid, 'EXECUTE') ORDER BY o LIMIT 1) AS role
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
    WHERE p.proowner = %s::regrole
        AND (%s OR p.prosecdef OR p.prosrc ~* 'set_config|set\\s+(local\\s+|session\\s+)?["a-z_]'
            OR EXISTS (SELECT FROM pg_proc s WHERE s.prosecdef AND s.oid IN (g.aggtransfn,
                g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.aggmtransfn,
                g.aggminvtransfn, g.aggmfinalfn)))
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND NOT ('internal'::regtype = ANY (p.proargtypes::oid[]))
    ORDER BY 1"""
_ROLES = (APP, "authenticated", "anon")


@dataclass(frozen=True)
class Call:
    """A function and the statements that call it."""

    label: str
    name: str
    statements: tuple[str, ...]
    role: str
    """The role that may."""


def find_calls(
    tenants: Tenants, owner_name: str, tables: Sequence[Table], *, every: bool = False
) -> tuple[list[Call], list[str]]:
    """The functions that a session of a tenant may call and that may see more than it does, or
    `every` one; and a sentence for each that has an argument of which no value is known."""
    calls: list[Call] = []
    unknown: list[str] = []
    owner = tenants.owner
    rows = owner.execute(_FUNCTIONS, (list(_ROLES), owner_name, every)).fetchall()
    values = Values(tenants, tables)
    for (
        label, quoted, kind, name, types, modes, variadic, defaults, anything, direct, role
    ) in rows:  # fmt: skip
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
                if kind == "p":
                    given = _with_outputs(given, modes)
                call = f"{quoted}({', '.join(given)})"
                ask = f"SELECT f::text FROM {call} AS f ORDER BY 1"
                if kind == "a":
                    ask = f"SELECT {_aggregated(quoted, given, direct)}::text"
                elif anything:
                    ask = f"SELECT {call}::text ORDER BY 1"
                statements.append(f"CALL {call}" if kind == "p" else ask)
        what = "aggregate" if kind == "a" else "function"
        calls.append(Call(f"{what} {label}", name, tuple(dict.fromkeys(statements)), role))
    return calls, unknown


def _combinations(options: list[list[str]]) -> list[tuple[str, ...]]:
    """Choices of one option each: the first of all, then others one by one, then together."""
    first = [each[0] for each in options]
    found = [tuple(first)]
    for at, choices in enumerate(options):
        found += [(*first[:at], each, *first[at + 1 :]) for each in choices[1:]]
    most = max(len(found), MOST_CALLS)
    found += itertools.islice(itertools.product(*options), MOST_CALLS)
    return list(dict.fromkeys(found))[:most]


def _aggregated(quoted: str, given: list[str], direct: int) -> str:
    """The call of an aggregate; `direct` arguments of an ordered-set aggregate come first."""
    if direct < 0:
        return f"{quoted}({', '.join(given) or '*'})"
    first, ordered = given[:direct], given[direct:]
    return f"{quoted}({', '.join(first)}) WITHIN GROUP (ORDER BY {', '.join(ordered or first)})"


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
