"""Functions of a database, as policies may call them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gates.database.policies.expressions import Function

if TYPE_CHECKING:
    import psycopg

_FUNCTIONS = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname), l.lanname,
        coalesce(p.proargnames[:p.pronargs], '{}'),
        coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), p.proowner = %s::regrole,
        EXISTS (SELECT FROM pg_proc b WHERE b.pronamespace = 'pg_catalog'::regnamespace
            AND b.proname = p.proname AND p.proowner = %s::regrole)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prokind = 'f'
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass
            AND e.objid = p.oid AND e.deptype = 'e')
    ORDER BY 1"""


def read_functions(
    owner: psycopg.Connection[tuple[Any, ...]], name: str
) -> tuple[dict[str, Function], bool]:
    """The functions outside of PostgreSQL's own schemas, and whether the role `name` has made
    operators or functions that may stand for PostgreSQL's own."""
    found: dict[str, Function] = {}
    shadowed = False
    with owner.transaction():
        owner.execute("SET LOCAL search_path = ''")
        for full, language, arguments, body, own, shadows in owner.execute(
            _FUNCTIONS, (name, name)
        ).fetchall():
            shadowed |= shadows
            made = Function(full, language, tuple(arguments), body or "", not own)
            if (other := found.get(full)) is not None:
                forms = other.forms or ((other.language, other.body),)
                made = replace(
                    made, language="overloaded", forms=(*forms, (language, made.body)),
                    platform=made.platform and other.platform,
                )  # fmt: skip
            found[full] = made
        row = owner.execute(
            "SELECT EXISTS (SELECT FROM pg_operator WHERE oprowner = %s::regrole)", (name,)
        ).fetchone()
    return found, shadowed or bool(row and row[0])
