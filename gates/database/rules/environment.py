"""What a statement asks about where it runs: which server, which database, who is there. Pure.

A migration that decides by it does something else in a proof than on the platform.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.dynamic import literal_text
from gates.database.parsing.script import Node, own_name, strings
from gates.database.parsing.statements import Inner
from gates.database.server.leftovers import PLATFORM_ROLES
from gates.records import dataclass

SERVER = frozenset({
    "current_database", "version", "pg_backend_pid", "pg_postmaster_start_time",
    "pg_conf_load_time", "inet_server_addr", "inet_server_port", "inet_client_addr",
    "inet_client_port", "pg_is_in_recovery", "pg_database_size", "pg_current_wal_lsn",
    "shobj_description", "pg_control_system", "pg_control_init", "pg_current_logfile",
    "pg_tablespace_size", "pg_get_userbyid", "pg_blocking_pids", "pg_listening_channels",
})  # fmt: skip
_TABLES = frozenset({
    "pg_database", "pg_settings", "pg_locks", "pg_shdescription", "pg_tablespace", "pg_authid",
    "pg_hba_file_rules", "pg_file_settings", "pg_replication_slots", "pg_prepared_xacts",
    "pg_db_role_setting", "pg_shadow", "pg_user", "pg_config", "pg_shdepend",
})  # fmt: skip
_WHO = frozenset({"SVFOP_CURRENT_USER", "SVFOP_SESSION_USER", "SVFOP_USER", "SVFOP_CURRENT_ROLE"})
_SETTINGS = frozenset({
    "search_path", "lock_timeout", "statement_timeout", "timezone", "role", "transaction_isolation",
    "idle_in_transaction_session_timeout", "datestyle", "client_encoding", "server_encoding",
})  # fmt: skip
_VERSION = frozenset({"server_version_num", "server_version"})
PASS_ON = frozenset({
    "format", "concat", "concat_ws", "to_json", "to_jsonb", "jsonb_build_object",
    "json_build_object", "quote_ident", "quote_literal", "quote_nullable", "set_config",
})  # fmt: skip
_VALUES = frozenset({"||", "->", "->>"})
_JUDGED_KEYS = frozenset({"whereClause", "havingClause", "quals", "whenClause", "testexpr"})
_JUDGED_NODES = frozenset({"BoolExpr", "NullTest", "BooleanTest", "CaseWhen", "CreatePolicyStmt",
                           "AlterPolicyStmt"})  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One question about the surroundings."""

    what: str
    node: Node
    only_version: bool = False
    """It asks for the server's version alone, which may tell features apart."""


def asked(inner: Inner) -> Iterator[Asked]:
    """What a statement asks, where the answer can make it do one thing or another.

    A function of the module may write down who called it and where; it may not decide by it.
    """
    yield from _visit(
        {inner.statement.kind: inner.statement.node}, inner, judged=inner.assigned, roles=False
    )


def _visit(node: object, inner: Inner, *, judged: bool, roles: bool) -> Iterator[Asked]:
    if isinstance(node, list):
        for each in node:
            yield from _visit(each, inner, judged=judged, roles=roles)
    if not isinstance(node, dict):
        return
    if (name := _relation(node)) and (name.startswith("pg_stat_") or name in _TABLES):
        yield Asked(f"the table {name}", node)
    for key, value in node.items():
        inside, with_role = judged, roles
        if key == "A_Expr" and isinstance(value, dict):
            if own_name(strings(value.get("name"))) not in _VALUES:
                inside, with_role = True, _with_a_role(value)
        elif key in _JUDGED_KEYS or key in _JUDGED_NODES or (key == "arg" and "defresult" in node):
            inside = True
        elif key == "Constraint" and isinstance(value, dict):
            inside = judged or value.get("contype") == "CONSTR_CHECK"
        elif key == "FuncCall" and isinstance(value, dict):
            yield from _call(value, judged=judged or inner.at_once)
            inside = judged or own_name(strings(value.get("funcname"))) not in PASS_ON
        elif key == "SQLValueFunction" and isinstance(value, dict):
            yield from _value(value, inner, judged=judged, roles=roles)
        yield from _visit(value, inner, judged=inside, roles=with_role)


def _relation(node: Node) -> str:
    if node.get("schemaname") not in {None, "pg_catalog"}:
        return ""
    return str(node.get("relname", ""))


def _with_a_role(expression: Node) -> bool:
    """Whether it compares with nothing but names of the platform's roles."""
    for side in ("lexpr", "rexpr"):
        value = expression.get(side, {})
        items = value.get("List", {}).get("items") or [value]
        texts = {literal_text(item) for item in items}
        if texts and texts <= set(PLATFORM_ROLES):
            return True
    return False


def _call(call: Node, *, judged: bool) -> Iterator[Asked]:
    name = own_name(strings(call.get("funcname")))
    if name in SERVER and judged:
        yield Asked(f"{name}()", call)
    elif name == "current_setting":
        setting = literal_text((call.get("args") or [{}])[0])
        if setting is None:
            yield Asked("a setting that only a run knows", call)
        elif setting in _VERSION:
            yield Asked(f"current_setting('{setting}')", call, only_version=True)
        elif judged and "." not in setting and setting.lower() not in _SETTINGS:
            yield Asked(f"current_setting('{setting}')", call)


def _value(value: Node, inner: Inner, *, judged: bool, roles: bool) -> Iterator[Asked]:
    kind = value.get("op", "")
    if kind == "SVFOP_CURRENT_CATALOG" and (judged or inner.at_once):
        yield Asked("current_catalog", value)
    elif kind in _WHO and judged and not roles:
        yield Asked(kind.removeprefix("SVFOP_").lower(), value)
