"""Objects that a module makes where only the platform or PostgreSQL makes any. Pure.

That the names of a module's functions and types begin with its own, so that none is taken for one
of PostgreSQL's, is the check `objects-prefixed`.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.dynamic import TYPES_OF_ONE_WORD
from gates.database.parsing.script import Node, name_of, strings
from gates.database.rules.forbidden import Found
from gates.database.server.leftovers import PLATFORM_ROLES

_SCHEMAS = frozenset({"auth", "pg_catalog", "information_schema"})
_NAMES = {
    "CreateFunctionStmt": "funcname", "CreateDomainStmt": "domainname",
    "CreateEnumStmt": "typeName", "CreateRangeStmt": "typeName", "DefineStmt": "defnames",
}  # fmt: skip
_RELATIONS = {"CreateStmt": "relation", "ViewStmt": "view", "CompositeTypeStmt": "typevar"}
_THEIRS = "make it in public or in a schema of the module's own"
_MEANS = "give it a name that begins with the module's, so that nobody takes one for the other"


def reserved(kind: str, node: Node) -> Iterator[Found]:
    """An object in a schema that is not the module's to fill, or a schema called like a role."""
    if kind == "CreateSchemaStmt" and node.get("schemaname") in PLATFORM_ROLES:
        # "$user" is the first schema on the search_path that a role has by default.
        yield f"a schema called {node['schemaname']}, as a role is,", _MEANS, {}
    schema, name = _made(kind, node)
    if schema in _SCHEMAS:
        yield f"making {schema}.{name}", _THEIRS, {}
    elif name in TYPES_OF_ONE_WORD:
        # A type of a temporary table or schema comes before PostgreSQL's own.
        yield f"a type called {name}, as one of PostgreSQL's is,", _MEANS, {}


def _made(kind: str, node: Node) -> tuple[str, str]:
    """Schema and name of what a statement makes or moves; "" and "" for nothing."""
    if kind in _NAMES:
        names = strings(node.get(_NAMES[kind]))
        return "".join(names[-2:-1]), "".join(names[-1:])
    if kind in _RELATIONS:
        return name_of(node.get(_RELATIONS[kind], {}))
    if kind == "CreateTableAsStmt":
        return name_of(node.get("into", {}).get("rel", {}))
    if kind == "AlterObjectSchemaStmt":
        moved = strings(node.get("object", {}).get("ObjectWithArgs", {}).get("objname"))
        return node.get("newschema", ""), "".join(moved[-1:]) or "an object by SET SCHEMA"
    return "", ""
