"""What runs with its owner's rights, read: functions, triggers and views must keep to the tenant of
the session in every statement, since row security does not hold them.

Two tenants and a few arguments do not show what a function does for another word, another flag or
another row. So what is reachable from a session is read, and what cannot be shown to keep to the
caller's tenant is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.isolation.exposed import Exposed, Exposure
from gates.database.isolation.tenants import APP, Tenants
from gates.database.owners.keeps import Keeps
from gates.database.owners.routine import Routine, UnreadableError
from gates.database.owners.routines import look
from gates.database.owners.scopes import Scope, Shape, Variables
from gates.database.owners.ties import Ties
from gates.database.policies.expressions import Meaning
from gates.database.schema.tables import Table
from gates.database.sql.trees import Tree
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

    Owner = psycopg.Connection[tuple[Any, ...]]

_ROLES = [APP, "authenticated", "anon"]
_VIEWS = """
    SELECT n.nspname, c.relname, pg_get_viewdef(c.oid), c.relowner = %(o)s::regrole
            AND c.relkind = 'v' AND NOT coalesce((SELECT option_value::boolean
                FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'),
                false)
            AND EXISTS (SELECT FROM unnest(%(r)s::text[]) r, unnest('{SELECT,INSERT,UPDATE}'
                ::text[]) p WHERE has_any_column_privilege(r, c.oid, p)),
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid
            AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1, 2"""
_ROUTINES = """
    SELECT p.oid, n.nspname, p.proname, n.nspname || '.' || p.proname || '('
            || pg_get_function_identity_arguments(p.oid) || ')', l.lanname,
        CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN pg_get_functiondef(p.oid) END,
        p.prosecdef AND (EXISTS (SELECT FROM unnest(%(r)s::text[]) r
                WHERE has_function_privilege(r, p.oid, 'EXECUTE'))
            OR EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass
                AND d.refobjid = p.oid AND d.deptype IN ('n', 'a', 'i')
                AND (d.classid <> 'pg_proc'::regclass OR EXISTS (SELECT FROM pg_proc a
                    WHERE a.oid = d.objid AND a.prokind = 'a')))),
        ARRAY(SELECT t.tgrelid FROM pg_trigger t WHERE t.tgfoid = p.oid),
        ARRAY(SELECT x::text FROM pg_trigger t, unnest(ARRAY[t.tgnewtable, t.tgoldtable]) x
            WHERE t.tgfoid = p.oid AND x IS NOT NULL),
        ARRAY(SELECT quote_ident(t.tgname) FROM pg_trigger t WHERE t.tgfoid = p.oid),
        EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid AND t.tgtype & 6 = 6)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
    WHERE p.proowner = %(o)s::regrole AND p.prokind IN ('f', 'p', 'w')
    ORDER BY 4"""
_VIEW_FIX = "create the view WITH (security_invoker = true)"


def unkept(
    tenants: Tenants, owner_name: str, meaning: Meaning, known: Sequence[Exposure]
) -> Iterator[Exposure]:
    """What runs with its owner's rights and could not be shown to keep to the caller's tenant;
    without what is `known` to leak."""
    owner = tenants.owner
    tables = tenants.maker.tables
    shapes = {each.oid: _shape(each, tenants.maker.own_tables) for each in tables.values()}
    with owner.transaction():
        owner.execute("SET LOCAL search_path = ''")
        given = {"o": owner_name, "r": _ROLES}
        views = owner.execute(_VIEWS, given).fetchall()
        routines = owner.execute(_ROUTINES, given).fetchall()
    named: dict[tuple[str, str], Shape] = {}
    for table in tables.values():
        named[table.schema, table.name] = shapes[table.oid]
    for schema, name, definition, _, columns in views:
        named[schema, name] = Shape(f"view {schema}.{name}", tuple(columns),
                                    view=_parsed(definition))  # fmt: skip
    for (schema, name), shape in list(named.items()):
        if ("", name) not in named or schema == "public":
            named["", name] = shape
    ties = Ties(meaning, named)
    labels = " ".join(each.exposed.label for each in known)
    for schema, name, definition, reachable, _ in views:
        label = f"view {schema}.{name}"
        if reachable and label not in {each.exposed.label for each in known}:
            keeps = Keeps(ties)
            if (tree := named[schema, name].view) is not None:
                keeps.inspect(tree, Scope(Variables()))
            else:
                keeps.faults.append("its query cannot be read")
            if keeps.faults:
                yield _exposure(label, name, keeps.faults, definition, _VIEW_FIX)
    yield from _routines(ties, routines, shapes, known, labels, meaning.tenant)


def _routines(
    ties: Ties,
    rows: list[tuple[Any, ...]],
    shapes: Mapping[int, Shape],
    known: Sequence[Exposure],
    labels: str,
    tenant: str,
) -> Iterator[Exposure]:
    """The functions that a session reaches with their owner's rights, and those that they call."""
    by_name: dict[str, list[tuple[Any, ...]]] = {}
    behind: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        for name in (row[2], f"{row[1]}.{row[2]}"):
            by_name.setdefault(name, []).append(row)
        for oid in row[7]:
            if oid in shapes:
                behind.setdefault(shapes[oid].label, []).append(row)
    waiting = [row for row in rows if row[6]]
    seen: set[int] = set()
    while waiting:
        row = waiting.pop(0)
        oid, _, name, signature, language, source, _, on, transition, triggers, before = row
        if oid in seen:
            continue
        seen.add(oid)
        label = f"function {signature}"
        routine = Routine(
            label, name, source or "", language,
            tuple(dict.fromkeys(shapes[each] for each in on if each in shapes)),
            before, any(each not in shapes for each in on), frozenset(transition),
        )  # fmt: skip
        try:
            found = look(routine, ties)
        except UnreadableError as error:
            yield _exposure(label, name, [str(error)], source or "", _fix(tenant, on))
            continue
        for each in found.calls:
            waiting += by_name.get(each, ())
        for each in found.changed:
            waiting += behind.get(each, ())
        told = any(each.exposed.label == label for each in known) or any(
            f"trigger {each} " in labels for each in triggers
        )
        if found.faults and not told:
            yield _exposure(label, name, found.faults, source, _fix(tenant, on))


def _fix(tenant: str, on: Sequence[int]) -> str:
    if on:
        return (
            "add AND tenant_id = NEW.tenant_id (in a DELETE trigger OLD.tenant_id) to the"
            " statement, or make the function SECURITY INVOKER"
        )
    return (
        f"add AND tenant_id = {tenant} for each table to the statement, or make the function"
        " SECURITY INVOKER, or revoke EXECUTE from PUBLIC and tenant_app_role"
    )


def _exposure(label: str, name: str, faults: list[str], text: str, fix: str) -> Exposure:
    quoted = "\n".join(f"-- {line}" for line in text.strip().splitlines())
    listed = "; ".join(faults[:3])
    more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
    return Exposure(
        Exposed(label, name, ()),
        "runs with its owner's rights and could not be shown to keep to the caller's tenant:"
        f" {listed}{more}",
        f"{quoted}\nSELECT current_user;",
        fix,
    )


def _parsed(text: str) -> Tree:
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        return parse_sql(text)[0].stmt
    except (ParseError, IndexError) as error:
        raise CouldNotCheckError(f"the definition of a view cannot be read: {error}") from error


def _shape(table: Table, own: frozenset[int]) -> Shape:
    names = table.by_number
    keys = {
        key.name: tuple(names[number].name for number in key.columns)
        for key in table.keys
        if not key.partial and all(number in names for number in key.columns)
    }
    return Shape(
        table.label,
        tuple(each.name for each in sorted(table.columns, key=lambda each: each.number)),
        platform=table.oid not in own,
        keys=tuple(keys.values()),
        named=keys,
        default=table.tenant.default if table.tenant is not None else None,
    )
