"""What runs with its owner's rights: past row security, whoever asks.

A module has none of it: no SECURITY DEFINER function, no view without security_invoker, no
materialized view that a session may read, no rewrite rule ("Rules and Privileges"), and no function
that the server itself calls as the owner.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.database.shapes.called_by_server import called_by_server
from gates.database.shapes.deviation import Definitions, Deviation
from gates.database.tenant_session import SESSION_ROLES

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_ROUTINES = """
    SELECT p.proname, 'function ' || n.nspname || '.' || p.proname || '('
            || pg_get_function_identity_arguments(p.oid) || ')',
        pg_get_functiondef(p.oid) || coalesce(E'\\n-- may be called by ' || nullif(concat_ws(', ',
            VARIADIC ARRAY(SELECT r FROM unnest(%(roles)s::text[]) r
                WHERE has_function_privilege(r, p.oid, 'EXECUTE'))), ''), ''),
        p.prosecdef
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proowner = %(owner)s::regrole AND p.prokind IN ('f', 'p', 'w') ORDER BY 2"""
_AGGREGATES = """
    SELECT p.proname, 'aggregate ' || p.oid::regprocedure::text,
        'CREATE AGGREGATE ' || p.oid::regprocedure::text || ' ' || concat_ws(' ', g.aggtransfn,
            g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.aggmtransfn,
            g.aggminvtransfn, g.aggmfinalfn)
    FROM pg_aggregate g JOIN pg_proc p ON p.oid = g.aggfnoid
    WHERE p.proowner = %(owner)s::regrole AND EXISTS (SELECT FROM pg_proc s WHERE s.prosecdef
        AND s.oid IN (g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn,
            g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn)) ORDER BY 2"""
_VIEWS = """
    SELECT c.relname, CASE c.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END
            || n.nspname || '.' || c.relname,
        'CREATE ' || CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'VIEW ' END
            || c.oid::regclass::text || coalesce(' WITH (' || array_to_string(c.reloptions, ', ')
            || ')', '') || ' AS ' || pg_get_viewdef(c.oid) || coalesce(E'\\n-- may be used by '
            || nullif(concat_ws(', ', VARIADIC ARRAY(SELECT r || ' ' || p
                FROM unnest(%(roles)s::text[]) r, unnest('{SELECT,INSERT,UPDATE}'::text[]) p
                WHERE has_any_column_privilege(r, c.oid, p))), ''), ''),
        CASE c.relkind WHEN 'v' THEN NOT coalesce((SELECT option_value::boolean
                FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'),
                false)
            ELSE EXISTS (SELECT FROM unnest(%(roles)s::text[]) r
                WHERE has_any_column_privilege(r, c.oid, 'SELECT')) END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND c.relowner = %(owner)s::regrole ORDER BY 2"""
_RULES = """
    SELECT r.rulename, 'rule ' || r.rulename || ' on ' || n.nspname || '.' || c.relname,
        pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND c.relowner = %(owner)s::regrole ORDER BY 2"""

_FUNCTION = "write SECURITY INVOKER (or nothing): then it sees what its caller sees"
_VIEW = "create it WITH (security_invoker = true)"
_MATERIALIZED = "revoke it from the sessions of tenants, or keep the rows in a table with tenant_id"
_RULE = "write a trigger, whose function runs with the rights of the session"


def owner_rights(admin: Session, owner: str, definitions: Definitions) -> Iterator[Deviation]:
    """What the role `owner` has made that runs with its owner's rights."""
    given = {"owner": owner, "roles": list(SESSION_ROLES)}
    with _qualified_names(admin):
        routines = admin.execute(_ROUTINES, given).fetchall()
        aggregates = admin.execute(_AGGREGATES, given).fetchall()
        views = admin.execute(_VIEWS, given).fetchall()
        rules = admin.execute(_RULES, given).fetchall()
        called = list(called_by_server(admin, owner, definitions))
    found = [(*row[:3], "runs with its owner's rights", _FUNCTION) for row in routines if row[3]]
    found += [(*row, "calls functions that run with their owner's rights, whoever uses it",
               _FUNCTION) for row in aggregates]  # fmt: skip
    for *head, passes_by in views:
        if passes_by and head[1].startswith("mat"):
            found.append((*head, "keeps rows of all tenants, which no policy holds", _MATERIALIZED))
        elif passes_by:
            found.append((*head, "shows what its owner sees: it is not security_invoker", _VIEW))
    found += [(*row, "changes rows with the rights of the table's owner", _RULE) for row in rules]
    for name, label, definition, sentence, fix in found:
        yield Deviation(label, name, sentence, fix, definitions.around(definition))
    yield from called


@contextlib.contextmanager
def _qualified_names(session: Session) -> Iterator[None]:
    """A transaction in which the server prints every name with its schema."""
    with session.transaction():
        session.execute("SET LOCAL search_path = ''")
        yield
