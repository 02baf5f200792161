"""Statements that are not a module's to make. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.script import Node, option, strings, walk

Found = tuple[str, str, Node]
"""What it is, what to do instead, and the node that knows its place (or an empty one)."""

_ROLES = "roles belong to the whole server: ask the platform"
_SERVER = "leave the server and its databases to the platform"
_OUTSIDE = "a module does not reach outside its database: call the platform's API from its code"

_KINDS = {
    "CreatedbStmt": ("CREATE DATABASE", _SERVER),
    "DropdbStmt": ("DROP DATABASE", _SERVER),
    "AlterDatabaseStmt": ("ALTER DATABASE", _SERVER),
    "AlterDatabaseSetStmt": ("ALTER DATABASE", _SERVER),
    "AlterDatabaseRefreshCollStmt": ("ALTER DATABASE", _SERVER),
    "AlterSystemStmt": ("ALTER SYSTEM", _SERVER),
    "CreateTableSpaceStmt": ("CREATE TABLESPACE", _SERVER),
    "DropTableSpaceStmt": ("DROP TABLESPACE", _SERVER),
    "CreateRoleStmt": ("CREATE ROLE", _ROLES),
    "AlterRoleStmt": ("ALTER ROLE", _ROLES),
    "AlterRoleSetStmt": ("ALTER ROLE .. SET", _ROLES),
    "DropRoleStmt": ("DROP ROLE", _ROLES),
    "GrantRoleStmt": ("GRANT or REVOKE of a role", _ROLES),
    "ReassignOwnedStmt": ("REASSIGN OWNED", _ROLES),
    "DropOwnedStmt": ("DROP OWNED", _ROLES),
    "AlterDefaultPrivilegesStmt": (
        "ALTER DEFAULT PRIVILEGES",
        "it holds for other modules' tables too: GRANT on each table of your own",
    ),
    "AlterOwnerStmt": ("ALTER .. OWNER TO", "what a migration makes belongs to who runs it"),
    "LoadStmt": ("LOAD", _SERVER),
    "CreatePLangStmt": ("CREATE LANGUAGE", _SERVER),
    "CreateEventTrigStmt": ("CREATE EVENT TRIGGER", _SERVER),
    "CreateFdwStmt": ("CREATE FOREIGN DATA WRAPPER", _OUTSIDE),
    "CreateForeignServerStmt": ("CREATE SERVER", _OUTSIDE),
    "CreateUserMappingStmt": ("CREATE USER MAPPING", _OUTSIDE),
    "CreateSubscriptionStmt": ("CREATE SUBSCRIPTION", _OUTSIDE),
    "CreatePublicationStmt": ("CREATE PUBLICATION", _OUTSIDE),
}
_SETTINGS = {
    "role": ("SET ROLE", "a migration runs as one role from beginning to end"),
    "session_authorization": (
        "SET SESSION AUTHORIZATION",
        "a migration runs as one role from beginning to end",
    ),
    "row_security": ("SET row_security", "row security stays on, for migrations too"),
    "session_replication_role": (
        "SET session_replication_role",
        "triggers and foreign keys stay on, for migrations too",
    ),
}
_PROTECTION = (
    "row security stays on: the role that migrates bypasses it, so UPDATE reaches all rows"
)
_ALTERS = {
    "AT_DisableRowSecurity": ("DISABLE ROW LEVEL SECURITY", _PROTECTION),
    "AT_NoForceRowSecurity": ("NO FORCE ROW LEVEL SECURITY", _PROTECTION),
    "AT_ChangeOwner": ("OWNER TO", "what a migration makes belongs to who runs it"),
    "AT_DisableTrigAll": ("DISABLE TRIGGER ALL", "the audit trail has no gaps"),
    "AT_DisableTrigUser": ("DISABLE TRIGGER USER", "the audit trail has no gaps"),
}
_DEFINER = "write SET search_path = '' in the function, and schemas before the names in it"


def forbidden(kind: str, node: Node) -> Iterator[Found]:
    """What a statement does that a module may not."""
    if kind in _KINDS:
        yield (*_KINDS[kind], node)
    elif kind == "VariableSetStmt" and node.get("name") in _SETTINGS:
        what, instead = _SETTINGS[node["name"]]
        yield (
            (what.replace("SET ", "RESET ") if node.get("kind") == "VAR_RESET" else what),
            (instead),
            node,
        )
    elif kind == "CopyStmt" and (node.get("is_program") or node.get("filename")):
        what = "COPY .. PROGRAM" if node.get("is_program") else "COPY with a file of the server"
        yield what, "write the rows as INSERT statements", node
    elif kind == "AlterTableStmt":
        for each in node.get("cmds", ()):
            command = each.get("AlterTableCmd", {})
            if command.get("subtype") in _ALTERS:
                yield (*_ALTERS[command["subtype"]], node.get("relation", {}))
    elif kind == "CreateFunctionStmt":
        yield from _definer(node, "SECURITY DEFINER without SET search_path")
    elif kind == "AlterFunctionStmt":
        changed = {"options": node.get("actions")}
        yield from _definer(changed, "ALTER FUNCTION .. SECURITY DEFINER without SET search_path")
    for name, inner in walk({kind: node}):
        if name == "FuncCall" and strings(inner.get("funcname"))[-1:] == ["set_config"]:
            yield from _set_config(inner)


def _definer(node: Node, what: str) -> Iterator[Found]:
    security = option(node, "security")
    if security is None or not security.get("Boolean", {}).get("boolval"):
        return
    settings = [
        each.get("DefElem", {}).get("arg", {}).get("VariableSetStmt", {}).get("name")
        for each in node.get("options") or ()
        if each.get("DefElem", {}).get("defname") == "set"
    ]
    if "search_path" not in settings:
        yield what, _DEFINER, {}


def _set_config(call: Node) -> Iterator[Found]:
    arguments = call.get("args") or [{}]
    setting = arguments[0].get("A_Const", {}).get("sval", {}).get("sval", "")
    if setting.lower() in _SETTINGS:
        what, instead = _SETTINGS[setting.lower()]
        yield f"set_config('{setting}'), which is {what},", instead, call
