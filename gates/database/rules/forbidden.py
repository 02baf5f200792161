"""Statements that are not a module's to make. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gates.database.parsing.dynamic import UNKNOWN
from gates.database.parsing.script import Node, option, strings
from gates.settings import EXTENSIONS

Found = tuple[str, str, Node]
"""What it is, what to do instead, and the node that knows its place (or an empty one)."""

_ROLES = "roles belong to the whole server: ask the platform"
_SERVER = "leave the server and its databases to the platform"
_SHARED = "it holds for every module in the database: ask the platform"
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
    "AlterTableMoveAllStmt": ("ALL IN TABLESPACE", _SERVER),
    "AlterTableSpaceOptionsStmt": ("ALTER TABLESPACE", _SERVER),
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
    "AlterSubscriptionStmt": ("ALTER SUBSCRIPTION", _OUTSIDE),
    "AlterPublicationStmt": ("ALTER PUBLICATION", _OUTSIDE),
    "CreateForeignTableStmt": ("CREATE FOREIGN TABLE", _OUTSIDE),
    "ImportForeignSchemaStmt": ("IMPORT FOREIGN SCHEMA", _OUTSIDE),
    "AlterEventTrigStmt": ("ALTER EVENT TRIGGER", _SERVER),
    "AlterExtensionStmt": ("ALTER EXTENSION", _SHARED),
    "AlterExtensionContentsStmt": (
        "ALTER EXTENSION .. ADD or DROP",
        "an extension's objects are no module's, and no rule looks at them",
    ),
    "CheckPointStmt": ("CHECKPOINT", _SERVER),
    "CreateAmStmt": ("CREATE ACCESS METHOD", _SERVER),
    "CreateCastStmt": ("CREATE CAST", _SHARED),
    "CreateConversionStmt": ("CREATE CONVERSION", _SHARED),
    "CreateTransformStmt": ("CREATE TRANSFORM", _SHARED),
    "SecLabelStmt": ("SECURITY LABEL", _SERVER),
    "RuleStmt": (
        "CREATE RULE",
        "a rule rewrites what others run, past triggers and policies: write a trigger",
    ),
}
SETTINGS = {
    "event_triggers": ("SET event_triggers", "leave the platform's event triggers on"),
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
    "AT_SetTableSpace": ("SET TABLESPACE", _SERVER),
    "AT_ChangeOwner": ("OWNER TO", "what a migration makes belongs to who runs it"),
    "AT_DisableTrig": ("DISABLE TRIGGER", "the audit trail has no gaps"),
    "AT_DisableTrigAll": ("DISABLE TRIGGER ALL", "the audit trail has no gaps"),
    "AT_DisableTrigUser": ("DISABLE TRIGGER USER", "the audit trail has no gaps"),
}
_DEFINER = "write SET search_path = '' in the function, and schemas before the names in it"
READING = {
    "standard_conforming_strings": (["on"], ["true"]),
    "client_encoding": (["utf8"], ["utf-8"], ["unicode"]),
}
"""Settings by which a text means something else than it says, and what they may be set to."""
TEMP_FIRST = "what is made without a schema then stays with the session: put public before it"
_CATALOG_FIRST = "leave pg_catalog out, and PostgreSQL looks there first"
CLAIMS = "request."
"""Settings that say who a session is begin so."""
BECOMES = "a module does not say who the session is: the platform sets the claims"
_WHOLE = frozenset({"ACL_TARGET_ALL_IN_SCHEMA"})
_NOT_OURS = {
    "OBJECT_DATABASE": "DATABASE", "OBJECT_TABLESPACE": "TABLESPACE", "OBJECT_LANGUAGE": "LANGUAGE",
    "OBJECT_PARAMETER_ACL": "PARAMETER", "OBJECT_FDW": "FOREIGN DATA WRAPPER",
    "OBJECT_FOREIGN_SERVER": "FOREIGN SERVER", "OBJECT_LARGEOBJECT": "LARGE OBJECT",
}  # fmt: skip
_PLATFORM_SCHEMAS = frozenset({"public", "auth", "pg_catalog", "information_schema"})
_LANGUAGES = frozenset({"sql", "plpgsql"})


def forbidden(
    kind: str,
    node: Node,
    *,
    extensions: Collection[str] = EXTENSIONS,
    fixed: Collection[str] = (),
) -> Iterator[Found]:
    """What a statement does that a module may not; not what those inside it do.

    `extensions` are the names that CREATE EXTENSION may have, `fixed` the names of functions that
    are made with a search_path of their own.
    """
    if kind in _KINDS:
        yield (*_KINDS[kind], node)
    elif kind == "VariableSetStmt":
        yield from _set(node)
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
        language = (option(node, "language") or {}).get("String", {}).get("sval", "sql").lower()
        if language not in _LANGUAGES:
            yield f"a function in {language}", "write it in sql or plpgsql, which can be read", {}
    elif kind == "DoStmt":
        language = option({"options": node.get("args")}, "language") or {}
        if (name := language.get("String", {}).get("sval", "plpgsql").lower()) not in _LANGUAGES:
            yield f"DO in {name}", "write it in plpgsql, which can be read", {}
    elif kind == "AlterFunctionStmt":
        yield from _altered(node, fixed)
    elif kind == "CreateExtensionStmt" and node.get("extname") not in extensions:
        yield (
            f"CREATE EXTENSION {node.get('extname')}",
            "use one that the platform allows (database.extensions in gates-policy.toml:"
            f" {', '.join(sorted(extensions))})",
            {},
        )
    elif kind == "DropStmt" and node.get("removeType") == "OBJECT_EXTENSION":
        yield "DROP EXTENSION", "it is the platform's, and other modules may use it: leave it", {}
    elif kind == "GrantStmt":
        yield from _grant(node)
    elif kind == "CreateSchemaStmt" and "authrole" in node:
        yield "CREATE SCHEMA .. AUTHORIZATION", "what a migration makes belongs to who runs it", {}
    elif kind in {"CreateStmt", "IndexStmt"} and (
        node.get("tablespacename") or node.get("tableSpace")
    ):
        yield "TABLESPACE", _SERVER, {}
    elif kind == "DefineStmt" and node.get("kind") == "OBJECT_OPERATOR":
        yield "CREATE OPERATOR", _SHARED, {}


def _set(node: Node) -> Iterator[Found]:
    name = str(node.get("name", "")).lower()
    if name.startswith(CLAIMS):
        yield f"SET {name}", BECOMES, node
    elif UNKNOWN in name:
        yield "SET of a setting that only a run knows", "write its name out", node
    elif name in READING and node.get("kind") != "VAR_RESET":
        given = [_text(each) for each in node.get("args") or ()]
        if [each.lower() for each in given] not in READING[name]:
            yield f"SET {name}", "leave it as it is: the file is read as it is written", node
    elif (
        name == "search_path"
        and "pg_catalog" in [_text(each) for each in node.get("args") or ()][1:]
    ):
        yield "a search_path with pg_catalog behind another schema", _CATALOG_FIRST, node
    elif name == "search_path" and makes_in_temp([_text(each) for each in node.get("args") or ()]):
        yield "a search_path with pg_temp first", TEMP_FIRST, node
    elif name in SETTINGS:
        what, instead = SETTINGS[name]
        reset = node.get("kind") == "VAR_RESET"
        yield (what.replace("SET ", "RESET ") if reset else what), instead, node


def makes_in_temp(path: Sequence[str]) -> bool:
    """Whether a search_path may lead what is made without a schema into pg_temp."""
    words = [each.strip(' "') for each in path]
    return "pg_temp" in words and not {"public", "pg_catalog"} & set(
        words[: words.index("pg_temp")]
    )


def _text(argument: Node) -> str:
    constant = argument.get("A_Const", {})
    if "boolval" in constant:
        return str(constant["boolval"].get("boolval", False))
    return str(constant.get("sval", {}).get("sval", ""))


def _definer(node: Node, what: str) -> Iterator[Found]:
    security = option(node, "security")
    if security is None or not security.get("Boolean", {}).get("boolval"):
        return
    settings = list(_paths(node))
    if not settings or any(each.get("kind") == "VAR_SET_DEFAULT" for each in settings):
        yield what, _DEFINER, {}
    elif any("$user" in str(each.get("args")) for each in settings):
        yield "SECURITY DEFINER with $user in its search_path", _DEFINER, {}


def fixes_path(node: Node) -> str:
    """The name of a function that is made with a search_path of its own, or ""."""
    named = strings(node.get("funcname"))[-1:]
    return named[0] if named and any(_paths(node)) else ""


def _paths(node: Node) -> Iterator[Node]:
    for each in node.get("options") or ():
        element = each.get("DefElem", {})
        setting: Node = element.get("arg", {}).get("VariableSetStmt", {})
        if element.get("defname") == "set" and setting.get("name") == "search_path":
            yield setting


def _altered(node: Node, fixed: Collection[str]) -> Iterator[Found]:
    changed: Node = {"options": node.get("actions")}
    name = "".join(strings(node.get("func", {}).get("objname"))[-1:])
    settings = [
        each["DefElem"].get("arg", {}).get("VariableSetStmt", {})
        for each in node.get("actions") or ()
        if each.get("DefElem", {}).get("defname") == "set"
    ]
    if any(
        each.get("kind") == "VAR_RESET_ALL"
        or (
            each.get("name") == "search_path"
            and each.get("kind") in {"VAR_RESET", "VAR_SET_DEFAULT"}
        )
        for each in settings
    ):
        yield "ALTER FUNCTION .. RESET search_path", _DEFINER, {}
    elif name not in fixed:
        yield from _definer(changed, "ALTER FUNCTION .. SECURITY DEFINER without SET search_path")


def _grant(node: Node) -> Iterator[Found]:
    word = "GRANT" if node.get("is_grant") else "REVOKE"
    kind = node.get("objtype", "")
    if node.get("targtype") in _WHOLE:
        what = f"{word} .. ON ALL .. IN SCHEMA"
        yield what, "it reaches other modules' objects: name each of your own", {}
    elif kind in _NOT_OURS:
        yield f"{word} .. ON {_NOT_OURS[kind]}", _SHARED, {}
    elif kind == "OBJECT_SCHEMA":
        for name in strings(node.get("objects")):
            if name in _PLATFORM_SCHEMAS:
                yield f"{word} .. ON SCHEMA {name}", _SHARED, {}
