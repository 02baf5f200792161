"""Objects that a module makes under names that mean something else. Pure.

What reads SQL here takes `md5(..)` for PostgreSQL's and `auth.jwt()` for the platform's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from gates.database.server.leftovers import PLATFORM_ROLES
from gates.database.sql.forbidden import Found
from gates.database.sql.forbidden_calls import CALLS
from gates.database.sql.known import KNOWN_FUNCTIONS, KNOWN_TYPES
from gates.database.sql.nested import ASKING
from gates.database.sql.script import Node, name_of, option, strings
from gates.database.sql.surroundings import PASS_ON, SERVER

_FUNCTIONS = KNOWN_FUNCTIONS | ASKING | PASS_ON | SERVER | frozenset(CALLS) | {
    "current_setting", "jsonb_extract_path", "jsonb_extract_path_text", "json_extract_path",
    "json_extract_path_text", "pg_notify", "row_to_json", "textcat", "texteq", "uuid_eq", "uuid_in",
}  # fmt: skip
_SCHEMAS = frozenset({"auth", "pg_catalog", "information_schema"})
_ROUTINES = frozenset({"OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"})
_TYPES = frozenset({"OBJECT_TYPE", "OBJECT_DOMAIN", "OBJECT_TABLE", "OBJECT_VIEW",
                    "OBJECT_MATVIEW"})  # fmt: skip
_MADE = {
    "CreateFunctionStmt": ("funcname", True), "CreateDomainStmt": ("domainname", False),
    "CreateEnumStmt": ("typeName", False), "CreateRangeStmt": ("typeName", False),
}  # fmt: skip
_RELATIONS = {"CreateStmt": "relation", "ViewStmt": "view", "CompositeTypeStmt": "typevar"}
_SUPPORT = (
    "sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc",
    "mfinalfunc", "canonical", "subtype_diff",
)  # fmt: skip
_THEIRS = "make it in public or in a schema of the module's own"
_MEANS = "give it a name that begins with the module's, so that nobody takes one for the other"


def shadows(kind: str, node: Node) -> Iterator[Found]:
    """An object in a schema that is not the module's to fill, or with a name of PostgreSQL's that
    is trusted where SQL is read."""
    if kind == "CreateSchemaStmt" and node.get("schemaname") in PLATFORM_ROLES:
        # "$user" is the first schema on the search_path that a role has by default.
        yield f"a schema called {node['schemaname']}, as a role is,", _MEANS, {}
    for schema, name, routine in _made(kind, node):
        if schema in _SCHEMAS:
            yield f"making {schema}.{name}", _THEIRS, {}
        elif name in (_FUNCTIONS if routine else KNOWN_TYPES) or (
            routine and schema in {"", "public"} and name in _catalog()
        ):
            what = "function" if routine else "type"
            yield f"a {what} called {name}, as one of PostgreSQL's is,", _MEANS, {}


@cache
def _catalog() -> frozenset[str]:
    """The functions in pg_catalog of PostgreSQL 18: one of the same name in public is preferred to
    them where its arguments fit better (Functions, Type Conversion)."""
    return frozenset(
        Path(__file__).with_name("catalog_functions.txt").read_text("ascii").splitlines()
    )


def _made(kind: str, node: Node) -> Iterator[tuple[str, str, bool]]:
    """Schema, name and whether it is a function, of what a statement makes."""
    if kind in _MADE:
        key, routine = _MADE[kind]
        yield (*_parted(strings(node.get(key))), routine)
    elif kind in _RELATIONS:
        yield (*name_of(node.get(_RELATIONS[kind], {})), False)
    elif kind == "CreateTableAsStmt":
        yield (*name_of(node.get("into", {}).get("rel", {})), False)
    elif kind == "DefineStmt":
        yield (*_parted(strings(node.get("defnames"))), node.get("kind") == "OBJECT_AGGREGATE")
    elif kind == "RenameStmt" and node.get("renameType") in _ROUTINES | _TYPES:
        yield "", node.get("newname", ""), node["renameType"] in _ROUTINES
    elif kind == "AlterObjectSchemaStmt":
        moved = strings(node.get("object", {}).get("ObjectWithArgs", {}).get("objname"))
        name = _parted(moved)[1] or "an object by SET SCHEMA"
        yield node.get("newschema", ""), name, bool(moved)


def _parted(names: list[str]) -> tuple[str, str]:
    return "".join(names[-2:-1]), "".join(names[-1:])


def definer(kind: str, node: Node) -> str:
    """The name of a function that a statement gives its owner's rights, or ""."""
    if kind == "CreateFunctionStmt":
        options, name = node, strings(node.get("funcname"))
    elif kind == "AlterFunctionStmt":
        options = {"options": node.get("actions")}
        name = strings(node.get("func", {}).get("objname"))
    else:
        return ""
    security = option(options, "security") or {}
    return "".join(name[-1:]) if security.get("Boolean", {}).get("boolval") else ""


def supported(kind: str, node: Node, definers: Collection[str]) -> Iterator[Found]:
    """An aggregate or range type whose support functions run with their owner's rights: PostgreSQL
    asks the aggregate's owner, and not the caller, for the right to call them (CREATE AGGREGATE,
    Notes)."""
    if kind not in {"DefineStmt", "CreateRangeStmt"}:
        return
    for each in node.get("definition") or node.get("params") or ():
        element = each.get("DefElem", {})
        arg = element.get("arg", {})
        names = strings(arg.get("TypeName", {}).get("names")) or strings([arg])
        name = "".join(names[-1:])
        if element.get("defname", "").lower() in _SUPPORT and (
            name in definers or "".join(names[-2:-1]) in _SCHEMAS - {"pg_catalog"}
        ):
            yield (
                f"{name}() with its owner's rights as the {element['defname'].upper()} of another"
                " object",
                "make the support function SECURITY INVOKER: whoever may use the object runs it",
                {},
            )
