"""Views and functions with their owner's rights that ask where they run, or who in person asks.

The proof has one server, one database and two tenants that it makes up. What is closed there and
open elsewhere is not seen by trying; it is read from the definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.database.isolation.exposed import Exposed, Exposure
from gates.database.isolation.tenants import APP, Tenants
from gates.database.policies.expressions import Meaning
from gates.database.policies.unvaried import body_depends, unvaried
from gates.database.sql.trees import is_a, nodes
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

_VIEWS = """
    SELECT n.nspname || '.' || c.relname, c.relname, pg_get_viewdef(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND c.relowner = %s::regrole
        AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
            WHERE option_name = 'security_invoker'), false)
        AND EXISTS (SELECT FROM unnest(%s::text[]) r WHERE has_table_privilege(r, c.oid, 'SELECT')
            OR has_any_column_privilege(r, c.oid, 'SELECT'))
    ORDER BY 1"""
_FUNCTIONS = """
    SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        p.proname, l.lanname, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
    WHERE p.prosecdef AND p.proowner = %s::regrole AND p.prokind IN ('f', 'p')
        AND (p.prorettype = 'trigger'::regtype
            OR EXISTS (SELECT FROM unnest(%s::text[]) r
                WHERE has_function_privilege(r, p.oid, 'EXECUTE')))
    ORDER BY 1"""
_PLACE = re.compile(
    r"^(?:current_database\(\)|session_user|current_catalog|version\(\)|inet_\w+\(\)"
    r"|pg_postmaster_start_time\(\)|pg_is_in_recovery\(\)|pg_stat_\w+\(\)"
    r"|the setting application_name, .*|the system catalog pg_(?:database|stat_.*|settings))"
)
_CLAIM = re.compile(r"^the (?:claim|id) ")
_PERSON = re.compile(r"^the claim .* being '(?:[0-9a-f-]{36}|.+@.+)'", re.IGNORECASE)
_ROLES = [APP, "authenticated", "anon"]


def elsewhere(tenants: Tenants, owner_name: str, meaning: Meaning) -> Iterator[Exposure]:
    """What of the module's views and functions depends on something that no proof can vary."""
    for shown, name, definition in _rows(tenants.owner, _VIEWS, owner_name):
        listed = _of_view(meaning, definition)
        if listed:
            yield _exposure(f"view {shown}", name, listed, definition)
    for shown, name, language, body in _rows(tenants.owner, _FUNCTIONS, owner_name):
        found = body_depends(meaning, language, body or "")
        # A role or an id in a function is an honest thing; one person's is not.
        listed = [each for each in found if _PLACE.match(each) or _PERSON.match(each)]
        if listed:
            yield _exposure(f"function {shown}", name, listed, body)


def _rows(
    owner: psycopg.Connection[tuple[Any, ...]], query: str, name: str
) -> list[tuple[Any, ...]]:
    with owner.transaction():
        owner.execute("SET LOCAL search_path = ''")
        return owner.execute(query, (name, _ROLES)).fetchall()


def _of_view(meaning: Meaning, definition: str) -> list[str]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        trees = [each.stmt for each in parse_sql(definition)]
    except ParseError as error:
        raise CouldNotCheckError(f"the definition of a view cannot be read: {error}") from error
    found: dict[str, None] = {}
    for node in nodes(tuple(trees)):
        if is_a(node, "SelectStmt") and node.whereClause is not None:
            for part in meaning.loose(node.whereClause, {}, ""):
                found.update(dict.fromkeys(unvaried(meaning, *part)))
    return [each for each in found if _PLACE.match(each) or _CLAIM.match(each)]


def _exposure(label: str, name: str, listed: list[str], text: str) -> Exposure:
    quoted = "\n".join(f"-- {line}" for line in text.strip().splitlines())
    return Exposure(
        Exposed(label, name, ()),
        f"runs with its owner's rights and depends on {' and '.join(listed)}: the proof cannot"
        " vary that",
        f"{quoted}\nSELECT current_database(), session_user;",
        "decide by the tenant of the session alone, or leave the owner's rights"
        " (security_invoker, SECURITY INVOKER)",
    )
