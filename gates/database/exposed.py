"""Views and functions: what one tenant gets from them must not depend on another tenant's rows.

They are asked twice, before and after tenant B has rows. A view or function whose answer changes
lets tenant A see B. Functions that run with their owner's rights are then called once more, for
good, to see whether they change B's rows.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gates.database.rows import claims
from gates.database.tables import Table
from gates.database.tenants import APP, A, B, Tenants, set_claims
from gates.database.values import Types, quote
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

_VIEWS = """
    SELECT c.oid, n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.'
        || quote_ident(c.relname), c.relkind = 'm', c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND c.relowner = %s::regrole
        AND (has_table_privilege(%s, c.oid, 'SELECT')
            OR has_any_column_privilege(%s, c.oid, 'SELECT'))
    ORDER BY 2"""
_FUNCTIONS = """
    SELECT p.oid, n.nspname || '.' || p.proname || '('
        || pg_get_function_identity_arguments(p.oid) || ')', quote_ident(n.nspname) || '.'
        || quote_ident(p.proname), p.prokind = 'p', p.proname, p.proargtypes::oid[], p.prorettype
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND p.proowner = %s::regrole AND p.prokind IN ('f', 'p', 'w')
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND has_function_privilege(%s, p.oid, 'EXECUTE')
    ORDER BY 2"""


Answers = tuple[tuple[str, ...], tuple[str, ...]]
"""What tenant A and what nobody got: rows as text."""


@dataclass(frozen=True)
class Exposed:
    """A view or function that the application role may use."""

    label: str
    """"view public.x", "function public.f(uuid)"."""
    name: str
    """Its bare name."""
    statement: str
    """How tenant A asks it."""
    refresh: str = ""
    writes: bool = False
    """Whether it may change rows with its owner's rights."""


@dataclass(frozen=True)
class Exposure:
    """What is wrong with one of them."""

    exposed: Exposed
    sentence: str
    script: str


def find_exposed(
    owner: psycopg.Connection[tuple[Any, ...]], types: Types, owner_name: str
) -> list[Exposed]:
    """The module's views that the application role may read, and its functions with their owner's
    rights that the role may call, each with a statement that does so."""
    found = []
    for _, shown, quoted, materialised, name in owner.execute(_VIEWS, (owner_name, APP, APP)):
        found.append(
            Exposed(
                f"{'materialized view' if materialised else 'view'} {shown}",
                name,
                f"SELECT v::text FROM {quoted} AS v ORDER BY 1",
                f"REFRESH MATERIALIZED VIEW {quoted}" if materialised else "",
            )
        )
    for row in owner.execute(_FUNCTIONS, (owner_name, APP)).fetchall():
        _, shown, quoted, procedure, name, arguments, _ = row
        values = []
        for oid in arguments:
            kind = types.get(oid)
            # The first thing to try with an id is another tenant's.
            value = f"{quote(B)}::uuid" if kind.name == "uuid" else None
            values.append(value or types.value(oid, kind.shown, 501))
        call = f"{quoted}({', '.join(values)})"
        statement = f"CALL {call}" if procedure else f"SELECT f::text FROM {call} AS f ORDER BY 1"
        found.append(Exposed(f"function {shown}", name, statement, writes=True))
    return found


def ask(tenants: Tenants, exposed: Exposed) -> Answers:
    """What tenant A gets, and what a session without a tenant gets. Undone."""
    if exposed.refresh:
        tenants.owner.execute(exposed.refresh)
    return _ask(tenants.app, exposed, claims(A)), _ask(tenants.bare, exposed, None)


def _ask(
    session: psycopg.Connection[tuple[Any, ...]], exposed: Exposed, given: str | None
) -> tuple[str, ...]:
    """Rows as text, or PostgreSQL's error."""
    import psycopg

    try:
        session.execute("BEGIN")
        if given is not None:
            session.execute("SELECT set_config('request.jwt.claims', %s, true)", (given,))
        cursor = session.execute(exposed.statement)
        rows = cursor.fetchall() if cursor.description else []
        return tuple(str(row[0]) for row in rows)
    except psycopg.Error as error:
        return (f"{error.diag.sqlstate}: {error.diag.message_primary}",)
    finally:
        session.execute("ROLLBACK")


def compare(
    tenants: Tenants, exposed: Exposed, before: tuple[Answers, Answers], rows: list[str]
) -> Exposure | None:
    """Ask again, now that tenant B has rows. `before` holds two answers of the time without; where
    those two differ already (a clock, chance), only B's own id in the answer counts."""
    after = ask(tenants, exposed)
    for who, given in enumerate((claims(A), None)):
        first, second, now = before[0][who], before[1][who], after[who]
        if now != first if first == second else any(B in each for each in now):
            whom = "one tenant" if given else "a session without a tenant"
            sentence = f"shows {whom} the rows of {'another' if given else 'a tenant'}"
            return Exposure(exposed, sentence, _script(exposed, rows, given))
    return None


def writes(
    tenants: Tenants, exposed: Exposed, tables: tuple[Table, ...], rows: list[str]
) -> Exposure | None:
    """Call a function for good, and see whether tenant B's rows changed."""
    import psycopg

    before = _digest(tenants, tables)
    for session, given in ((tenants.app, claims(A)), (tenants.bare, None)):
        with contextlib.suppress(psycopg.Error), session.transaction():
            if given is not None:
                session.execute("SELECT set_config('request.jwt.claims', %s, true)", (given,))
            session.execute(exposed.statement)
        if _digest(tenants, tables) != before:
            whom = "one tenant change" if given else "a session without a tenant change"
            sentence = f"lets {whom} the rows of {'another' if given else 'a tenant'}"
            return Exposure(exposed, sentence, _script(exposed, rows, given))
    return None


def _digest(tenants: Tenants, tables: tuple[Table, ...]) -> list[tuple[Any, ...]]:
    found = []
    for table in tables:
        if table.tenant is None:
            continue
        row = tenants.owner.execute(
            "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)"
            f" FROM {table.qualified} AS r WHERE {table.tenant.quoted}::text = %s",
            (B,),
        ).fetchone()
        if row is None:
            raise CouldNotCheckError(f"{table.label} could not be read")
        found.append(row)
    return found


def _script(exposed: Exposed, rows: list[str], given: str | None) -> str:
    lines = ["BEGIN;"]
    if given is not None:
        lines.append(set_claims(claims(B)))
    lines += rows
    if exposed.refresh:
        lines.append(f"{exposed.refresh};")
    lines.append(f"SET LOCAL ROLE {APP};")
    if given is not None:
        lines.append(set_claims(given))
    return "\n".join([*lines, f"{exposed.statement};  -- depends on B's rows", "ROLLBACK;"])
