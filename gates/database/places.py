"""Where in the migrations a database object comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gates.database.sql.script import Node, Script, parse, walk
from gates.model import Location
from gates.module import Module


def place_of(module: Module, name: str, label: str) -> Location:
    """The CREATE statement of a table, view, function or index by its bare name.

    Where none is written out (a DO block builds the name, say), the first mention of the name,
    else the folder of migrations. `label` becomes the location's object.
    """
    scripts = [parse(each.path, each.sql) for each in module.migrations]
    for script in scripts:
        for statement in script.statements:
            if name in _created(statement.kind, statement.node):
                at = _name_offset(script, statement.offset, name)
                return _location(script, at, len(name), label)
    for script in scripts:
        found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", script.sql)
        if found:
            return _location(script, found.start(), len(name), label)
    path = module.migrations[0].path if module.migrations else "migrations"
    return Location(path, object=label)


def statement_place(module: Module, kind: str, name: str, label: str) -> Location | None:
    """The last statement of one kind (such as "CreatePolicyStmt") about a relation, or None."""
    found = None
    for each in module.migrations:
        script = parse(each.path, each.sql)
        for statement in script.statements:
            if statement.kind != kind:
                continue
            if any(
                node.get("relname") == name for _, node in walk({"RangeVar": {}, **statement.node})
            ):
                place = Location(script.path, *script.position(statement.offset))
                found = replace(place, object=label)
    return found


def _relations(node: Node) -> Iterator[Node]:
    """Every `RangeVar` in a statement, also where its node is not named."""
    for _, inner in walk({"Statement": node}):
        for value in (inner, *inner.values()):
            if isinstance(value, dict) and "relname" in value:
                yield value


def _created(kind: str, node: Node) -> set[object]:
    """The bare names that a statement creates."""
    if kind in {"CreateStmt", "CreateForeignTableStmt"}:
        base = node.get("base", node) if kind == "CreateForeignTableStmt" else node
        relation = base.get("relation") if isinstance(base, dict) else None
    elif kind == "ViewStmt":
        relation = node.get("view")
    elif kind == "CreateTableAsStmt":
        into = node.get("into")
        relation = into.get("rel") if isinstance(into, dict) else None
    elif kind == "IndexStmt":
        return {node.get("idxname")}
    elif kind == "CreateFunctionStmt":
        names = node.get("funcname")
        last = names[-1] if isinstance(names, list) and names else {}
        return {last.get("String", {}).get("sval")}
    else:
        return set()
    return {relation.get("relname")} if isinstance(relation, dict) else set()


def _name_offset(script: Script, offset: int, name: str) -> int:
    at = script.sql.find(name, offset)
    return at if at >= 0 else offset


def _location(script: Script, offset: int, length: int, label: str) -> Location:
    line, column = script.position(offset)
    return Location(script.path, line, column, column + length, label)
