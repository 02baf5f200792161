"""What a session keeps when its transaction ends, and what makes other sessions wait. Pure.

Tenants share the connections of a pool: what one of them leaves in a session, the next one finds.
PostgreSQL's page of DISCARD names all that a session keeps: cursors, settings, prepared statements,
channels, advisory locks, cached plans, temporary objects, the last values of sequences. A function
may use none of it but settings of its transaction and temporary tables that its end drops.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from gates.database.parsing.dynamic import literal_text
from gates.database.parsing.script import (
    Node,
    calls_of,
    expression_of,
    own_name,
    strings,
    walk,
    without_places,
)
from gates.database.parsing.statements import Inner
from gates.database.rules.forbidden import CLAIMS, SETTINGS, Found

_KEPT = "the session keeps it, and the next tenant on the connection finds it"
_CURSOR = f"{_KEPT}: use a cursor variable of PL/pgSQL, or RETURN QUERY"
_PREPARED = f"{_KEPT}: PL/pgSQL keeps the plans of its statements by itself"
_CHANNEL = f"{_KEPT}: the platform's API listens, and a module names its events in module.json"
STATEMENTS = {
    "DeclareCursorStmt": ("DECLARE CURSOR", _CURSOR),
    "FetchStmt": ("FETCH or MOVE of a cursor of the session", _CURSOR),
    "ClosePortalStmt": ("CLOSE of a cursor of the session", _CURSOR),
    "PrepareStmt": ("PREPARE", _PREPARED),
    "ExecuteStmt": ("EXECUTE of a prepared statement", _PREPARED),
    "DeallocateStmt": ("DEALLOCATE", _PREPARED),
    "ListenStmt": ("LISTEN", _CHANNEL),
    "UnlistenStmt": ("UNLISTEN", _CHANNEL),
    "DiscardStmt": ("DISCARD", "the platform's pool decides what a connection keeps"),
}
"""Statements about what a session keeps, by the name of their node."""
_SET = "write SET LOCAL, or SET in the head of the function: the next tenant would find it set"
_LOCK = "every tenant's statement would wait for it: lock rows (SELECT .. FOR UPDATE) instead"
_TEMPORARY = "the next tenant on the connection reads it: use a temporary table ON COMMIT DROP"
_LAST = "the session keeps the last value, also of another tenant's row: INSERT .. RETURNING id"
_OF_TRANSACTION = ("TRANSACTION", "VAR_SET_MULTI")
_SEED = "the next tenant on the connection would draw numbers that this one knows: use random()"
_OTHERS_WAIT = (
    "one tenant would wait for another: put the session's tenant into the key, as in"
    " pg_advisory_xact_lock(hashtextextended('{what}:' || {tenant}, 0))"
)
_STAYS = "the session keeps the lock, and all others wait: pg_advisory_xact_lock() ends by itself"
_LASTS_LONG = frozenset({
    "pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared",
})  # fmt: skip
_ENDS = frozenset({
    "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared",
})  # fmt: skip
NAMES = frozenset({*_LASTS_LONG, *_ENDS, "lastval", "currval", "setseed"})
"""The functions that are looked at here."""
_RUNS_AT_ONCE = frozenset({
    "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CallStmt", "DoStmt",
})  # fmt: skip
_NAMED = ("viewname", "sequence", "funcname", "typeName", "domainname", "typevar", "view",
          "relation", "rel", "defnames")  # fmt: skip
_MAKES = frozenset({
    "ViewStmt", "CreateSeqStmt", "CreateFunctionStmt", "CreateEnumStmt", "CreateDomainStmt",
    "CreateRangeStmt", "CompositeTypeStmt", "DefineStmt", "CreateStatsStmt",
})  # fmt: skip
_HASHES = frozenset({"hashtext", "hashtextextended"})
_WHOLE = frozenset({"text", "uuid", "int8", "int4"})
"""Types in which two hashes, or two tenants, stay two."""


def settings_made(statements: Iterable[Inner]) -> frozenset[str]:
    """The names of the settings of its own that a module sets. Once set, a session reads '' and not
    NULL for them, even after the transaction ("Customized Options")."""
    found = set()
    for inner in statements:
        kind, node = inner.statement.kind, inner.statement.node
        if kind == "VariableSetStmt":
            found.add(str(node.get("name", "")).lower())
        for call in calls_of(kind, node) if not inner.part else ():
            if own_name(strings(call.get("funcname"))) == "set_config":
                found.add((literal_text((call.get("args") or [{}])[0]) or "").lower())
    return frozenset(name for name in found if "." in name)


def session_state(inner: Inner, tenant: str, made: Collection[str] = ()) -> Iterator[Found]:
    """What a statement does to its session, or to others, that a module's may not. `tenant` is the
    platform's expression for the tenant of the session, `made` are the module's own settings."""
    kind, node = inner.statement.kind, inner.statement.node
    if kind in STATEMENTS:
        yield (*STATEMENTS[kind], node.get("relation", {}))
    elif kind == "VariableSetStmt":
        yield from _set(inner, node)
    elif kind == "LockStmt" and not inner.at_once:
        yield "LOCK TABLE in a function", _LOCK, {}
    elif kind in _MAKES and not inner.at_once and _is_temporary(node):
        yield "a temporary object in a function", _TEMPORARY, {}
    elif kind in {"CreateStmt", "CreateTableAsStmt", "SelectStmt"} and not inner.at_once:
        yield from _temporary_table(node)
    if not inner.part:
        yield from _calls(inner, tenant)
        if made and not runs_now(inner):
            yield from _reads({kind: node}, made)


def runs_now(inner: Inner) -> bool:
    """Whether what a statement calls is called once, by the migration, and not by tenants."""
    return inner.at_once and inner.statement.kind in _RUNS_AT_ONCE


def _set(inner: Inner, node: Node) -> Iterator[Found]:
    name = str(node.get("name", "ALL"))
    otherwise = name.lower() in SETTINGS or name.lower().startswith(CLAIMS)
    lasts = not (node.get("is_local") or (name, node.get("kind")) == _OF_TRANSACTION)
    if lasts and not (inner.at_once or inner.part or otherwise):
        word = "RESET" if str(node.get("kind", "")).startswith("VAR_RESET") else "SET"
        yield f"{word} {name} for the whole session, in a function", _SET, node


def _temporary_table(node: Node) -> Iterator[Found]:
    into: Node = node.get("into") or node.get("intoClause") or node
    relation: Node = into.get("rel") or into.get("relation") or {}
    temporary = relation.get("relpersistence") == "t" or relation.get("schemaname") == "pg_temp"
    if temporary and into.get("onCommit", node.get("oncommit")) != "ONCOMMIT_DROP":
        yield "a temporary table that outlives its transaction", _TEMPORARY, relation


def _is_temporary(node: Node) -> bool:
    """Whether what a statement makes, by its name or by its word TEMP, lies in pg_temp."""
    for key in _NAMED:
        named = node.get(key)
        if isinstance(named, list) and strings(named)[:-1] == ["pg_temp"]:
            return True
        if isinstance(named, dict) and (
            named.get("schemaname") == "pg_temp" or named.get("relpersistence") == "t"
        ):
            return True
    return False


def _calls(inner: Inner, tenant: str) -> Iterator[Found]:
    now = runs_now(inner)
    for call in calls_of(inner.statement.kind, inner.statement.node):
        name = own_name(strings(call.get("funcname"))).lower()
        if name == "setseed":
            yield "calling setseed()", _SEED, call
        elif name in {"lastval", "currval"} and not now:
            yield f"calling {name}() in a session of a tenant", _LAST, call
        elif name in _LASTS_LONG:
            yield f"calling {name}()", _STAYS, call
        elif name in _ENDS and not now and not _is_the_tenants(call.get("args", ()), tenant):
            yield f"{name}() of a key without the tenant", _wait(tenant), call


def _reads(tree: Node, made: Collection[str]) -> Iterator[Found]:
    """Reads of the module's own settings that tell one which was never set from an empty one."""
    plain: list[Node] = []
    for kind, node in walk(tree):
        if kind == "A_Expr" and node.get("kind") == "AEXPR_NULLIF":
            if literal_text(node.get("rexpr", {})) == "":
                plain.append(node.get("lexpr", {}).get("FuncCall", {}))
        elif kind == "FuncCall" and own_name(strings(node.get("funcname"))) == "current_setting":
            name = (literal_text((node.get("args") or [{}])[0]) or "").lower()
            if name in made and not any(node is each for each in plain):
                instead = f"write nullif(current_setting('{name}', true), '')"
                yield f"reading {name}, which tells whether it was ever set,", instead, node


def _wait(tenant: str) -> str:
    return _OTHERS_WAIT.format(what="orders", tenant=f"{tenant}::text")


def _is_the_tenants(arguments: Sequence[Node], tenant: str) -> bool:
    """Whether the key of an advisory lock is another one for each tenant: one of its numbers is a
    hash of the session's tenant, alone or joined with other texts."""
    wanted: Any = without_places(expression_of(tenant))
    while isinstance(wanted, dict) and "TypeCast" in wanted:
        wanted = wanted["TypeCast"].get("arg")
    return any(_holds(without_places(each), wanted) for each in arguments)


def _holds(value: object, wanted: object) -> bool:
    if value == wanted:
        return True
    if not isinstance(value, dict):
        return False
    if "TypeCast" in value:
        cast = value["TypeCast"]
        to = own_name(strings(cast.get("typeName", {}).get("names")))
        whole = to in _WHOLE and "typmods" not in cast["typeName"]
        return whole and _holds(cast.get("arg"), wanted)
    if "A_Expr" in value:
        joined = value["A_Expr"]
        return own_name(strings(joined.get("name"))) == "||" and (
            _holds(joined.get("lexpr"), wanted) or _holds(joined.get("rexpr"), wanted)
        )
    call = value.get("FuncCall", {})
    return own_name(strings(call.get("funcname"))) in _HASHES and any(
        _holds(each, wanted) for each in call.get("args", ())[:1]
    )
