"""Which tables a statement makes, and which it touches. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.script import Node, strings, walk

_DROPS = {
    "OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_INDEX",
    "OBJECT_FOREIGN_TABLE",
}  # fmt: skip
_PARTS = {"OBJECT_POLICY", "OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_COLUMN", "OBJECT_TABCONSTRAINT"}


def created_tables(kind: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Tables that a statement makes for good: (name, the node that knows its place)."""
    if kind in {"CreateStmt", "CreateForeignTableStmt"}:
        relation = (node.get("base", node) if kind != "CreateStmt" else node).get("relation", {})
    elif kind == "CreateTableAsStmt" and node.get("objtype") == "OBJECT_TABLE":
        relation = node.get("into", {}).get("rel", {})
    elif kind == "SelectStmt" and "intoClause" in node:
        relation = node["intoClause"].get("rel", {})
    elif kind == "RenameStmt" and node.get("renameType") == "OBJECT_TABLE":
        yield node.get("newname", ""), node.get("relation", {})
        return
    else:
        return
    if relation.get("relpersistence") != "t":
        yield relation.get("relname", ""), relation


def touched(node: Node) -> Iterator[tuple[str, str, Node]]:
    """Relations that a statement names: (schema or "", name, the node that knows its place).

    Names of WITH queries are not relations and are left out.
    """
    common = {inner.get("ctename") for name, inner in walk(node) if name == "CommonTableExpr"}
    for relation in _range_vars(node):
        name = relation.get("relname", "")
        if relation.get("schemaname") or name not in common:
            yield relation.get("schemaname", ""), name, relation
    for _, inner in walk({"Statement": node}):
        kind = inner.get("removeType") or inner.get("objtype") or inner.get("objectType")
        objects = inner.get("objects") or ([inner["object"]] if "object" in inner else [])
        for each in objects:
            parts = strings(each.get("List", {}).get("items")) if isinstance(each, dict) else []
            if kind in _PARTS:
                parts = parts[:-1]
            if parts and (kind in _DROPS or kind in _PARTS):
                yield (parts[-2] if len(parts) > 1 else ""), parts[-1], {}


def _range_vars(node: object) -> Iterator[Node]:
    if isinstance(node, dict):
        if "relname" in node:
            yield node
        for value in node.values():
            yield from _range_vars(value)
    elif isinstance(node, list):
        for each in node:
            yield from _range_vars(each)
