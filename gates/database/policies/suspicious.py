"""Policies read: what in them is not tied to the tenant of the session, and cannot be tried out.

The proof tries two tenants that it makes up. A policy that asks for the server's name, for one
user, or for a setting that anybody may set behaves well there and opens up elsewhere. So every
expression is compared with the platform's own; what is left over is named, or tried with a row
that meets it.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gates.database.isolation.tenants import APP, Leak, Tenants, tenant_column
from gates.database.policies.expressions import Loose, Meaning
from gates.database.policies.unvaried import unvaried
from gates.database.rows.solve import NoRowError
from gates.database.rows.values import quote
from gates.database.schema.facts import PolicyFact
from gates.database.schema.functions import read_functions
from gates.database.schema.tables import CheckRule, Table
from gates.database.sql.trees import Canon, is_a, nodes, parts_of, shown

if TYPE_CHECKING:
    import psycopg

_COVERS = {
    "ALL": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "SELECT": ("SELECT",),
    "INSERT": ("INSERT",),
    "UPDATE": ("UPDATE",),
    "DELETE": ("DELETE",),
}
_SESSIONS = {"PUBLIC", APP, "anon", "authenticated"}


def meaning_of(owner: psycopg.Connection[tuple[Any, ...]], name: str, tenant: str) -> Meaning:
    """What policy expressions mean in a database; `name` is the role that owns the module's."""
    functions, shadowed = read_functions(owner, name)
    return Meaning(functions, tenant, shadowed)


def only_compare(table: Table, policies: tuple[PolicyFact, ...], meaning: Meaning) -> bool:
    """Whether all policies of a table are the platform's own comparison, whatever its form."""
    texts = {
        text
        for policy in policies
        if policy.table == table.oid and policy.permissive
        for text in (policy.using, policy.check)
        if text is not None
    }
    return not meaning.shadowed and all(
        (tree := meaning.parse(text)) is not None and meaning.canon(tree, {}) == meaning.comparison
        for text in texts
    )


def suspicious(
    tenants: Tenants, table: Table, policies: tuple[PolicyFact, ...], meaning: Meaning
) -> Iterator[Leak]:
    """What the policies of a table let through that no tenant holds and no probe saw."""
    own = [each for each in policies if each.table == table.oid]
    for policy in own:
        if not policy.permissive or not _SESSIONS.intersection(policy.roles):
            continue
        for part, command, kind in _loose(policy, own, table, meaning):
            node, env = part
            depends = unvaried(meaning, node, env)
            text = shown(node)
            if depends:
                listed = " and ".join(depends)
                yield Leak(
                    "policy",
                    table,
                    f"may pass by the policy {policy.name}, which depends on {listed}: the proof"
                    " cannot vary that",
                    f"-- {command} on {table.qualified} is open where this holds, whoever asks:\n"
                    f"SELECT {text};",
                    f"compare the tenant and nothing else, or join it by AND:\n"
                    f"USING (tenant_id = {meaning.tenant} AND ...)",
                )
            elif _of_the_row(part, meaning):
                yield _tried(tenants, table, policy, text, meaning, kind)
            else:
                yield Leak(
                    "policy",
                    table,
                    f"may pass by the policy {policy.name} wherever {text}, which says nothing of"
                    " the tenant that can be followed",
                    f"-- {command} on {table.qualified} is open where this holds, whoever asks:\n"
                    f"SELECT {text};",
                    f"join it with the tenant: USING (tenant_id = {meaning.tenant} AND ({text}));"
                    " a function that a policy calls is followed where it is written in SQL, or in"
                    " PL/pgSQL with nothing but IF and RETURN",
                )


def expects(table: Table, policies: tuple[PolicyFact, ...], meaning: Meaning) -> str:
    """What the policies of a table read instead of the platform's way, as the end of a sentence."""
    found: dict[str, None] = {}
    known = meaning.canon(meaning.parse(meaning.tenant), {})
    for policy in policies:
        for text in (policy.using, policy.check) if policy.table == table.oid else ():
            if text is not None and (tree := meaning.parse(text)) is not None:
                for canon in parts_of(meaning.canon(tree, {})):
                    if canon in tuple(parts_of(known)):
                        continue
                    if canon[:1] == ("setting",):
                        found[f"current_setting('{canon[1]}')"] = None
                    elif canon[0] == "A_Expr" and meaning.of_session(canon):
                        found.update(dict.fromkeys(f"the claim '{key}'" for key in _keys(canon)))
    if not found:
        return ""
    return (
        f"; its policies read {' and '.join(found)}, but a session of this platform is a tenant"
        f" through {meaning.tenant}"
    )


def _keys(canon: Canon) -> list[str]:
    """The names of claims in `claims ->> 'name'`."""
    parts = dict(each for each in canon[1:] if isinstance(each, tuple) and len(each) == 2)
    side = parts.get("rexpr")
    known = {"sub", "role"}
    return [side[1]] if side and side[0] == "const" and side[1] not in known else []


def _loose(
    policy: PolicyFact, own: list[PolicyFact], table: Table, meaning: Meaning
) -> Iterator[tuple[Loose, str, str]]:
    """The loose parts of a policy, each once, with a command that they open, and "using" or
    "check"."""
    seen: set[str] = set()
    for command in _COVERS[policy.command]:
        checks = (policy.check or policy.using) if command in {"INSERT", "UPDATE"} else None
        using = policy.using if command != "INSERT" else None
        for text, kind in ((using, "using"), (checks, "check")):
            if text is None or _restricted(own, command, kind, table, meaning):
                continue
            tree = meaning.parse(text)
            if tree is None:
                raise NoRowError(f"{table.label}: the policy {policy.name} could not be read")
            for part in meaning.loose(tree, {}, table.name):
                if (name := shown(part[0])) not in seen and not _never(part, table):
                    seen.add(name)
                    yield part, command, kind


def _restricted(
    own: list[PolicyFact], command: str, kind: str, table: Table, meaning: Meaning
) -> bool:
    """Whether a restrictive policy ties the rows for a command, whatever others let through."""
    for each in own:
        if each.permissive or command not in _COVERS[each.command]:
            continue
        text = each.using if kind == "using" else each.check or each.using
        everybody = {"PUBLIC"}.intersection(each.roles) or {APP, "anon", "authenticated"} <= set(
            each.roles
        )
        tree = meaning.parse(text) if text is not None and everybody else None
        if tree is not None and not meaning.loose(tree, {}, table.name):
            return True
    return False


def _never(part: Loose, table: Table) -> bool:
    """Whether it asks for a NULL in a column that has none."""
    node = part[0]
    if not is_a(node, "NullTest") or node.nulltesttype != 0 or not is_a(node.arg, "ColumnRef"):
        return False
    column = table.column(node.arg.fields[-1].sval)
    return column is not None and column.not_null


def _of_the_row(part: Loose, meaning: Meaning) -> bool:
    """Whether it asks only for what is in the row."""
    node, env = part
    kinds = {type(each).__name__ for each in nodes(node)}
    called = any(
        is_a(each, "FuncCall") and ".".join(n.sval for n in each.funcname) in meaning.functions
        for each in nodes(node)
    )
    session = meaning.of_session(meaning.canon(node, env))
    return "ColumnRef" in kinds and not kinds & {"SubLink", "ParamRef"} and not called | session


def _tried(
    tenants: Tenants, table: Table, policy: PolicyFact, text: str, meaning: Meaning, kind: str
) -> Leak:
    """A row of tenant B that meets the part, and tenant A who reads or adds it."""
    tree = meaning.parse(text)
    names = {each.fields[-1].sval for each in nodes(tree) if is_a(each, "ColumnRef")}
    numbers = tuple(each.number for each in table.columns if each.name in names)
    wanted = replace(table, checks=(*table.checks, CheckRule(policy.name, numbers, text)))
    sentence = f"passes by the policy {policy.name} wherever {text}, which names no tenant"
    fix = f"join it with the tenant: USING (tenant_id = {meaning.tenant} AND ({text}))"
    try:
        row = tenants.maker.plan(wanted, tenants.b, 777)
    except NoRowError:
        return Leak("policy", table, sentence, f"-- no row was found where {text}", fix)
    if kind == "check":
        insert = row.statement(own_keys=False)
        seen = tenants.through(table, insert)
        script = tenants.script(
            table, row.family()[:-1], insert, "INSERT", seen.comment,
            triggers=not seen.without_triggers,
        )  # fmt: skip
    else:
        column = tenant_column(table)
        read = f"SELECT * FROM {table.qualified} WHERE {column} = {quote(tenants.b)}"
        script = tenants.script(table, row.family(), read, "SELECT", "reaches B's row")
    return Leak("policy", table, sentence, script, fix)
