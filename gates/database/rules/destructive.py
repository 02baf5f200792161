"""What statements take away from whoever uses the tables of an earlier version. Pure.

The list is that of section 4 of the standard: a dropped or narrowed column, a dropped table, a new
NOT NULL without default, a removed enum value, a removed policy; and what comes to the same, a new
name for one of them. `contract` checks compare what the versions really have; this says where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gates.database.parsing.relations import created_tables
from gates.database.parsing.script import Node, strings
from gates.database.parsing.statements import Inner
from gates.records import dataclass

BUMP = "major"

_DROPPED = {
    "OBJECT_TABLE": "table", "OBJECT_VIEW": "view", "OBJECT_MATVIEW": "materialized view",
    "OBJECT_FUNCTION": "function", "OBJECT_PROCEDURE": "procedure", "OBJECT_ROUTINE": "routine",
    "OBJECT_TYPE": "type", "OBJECT_DOMAIN": "domain", "OBJECT_POLICY": "policy",
    "OBJECT_SCHEMA": "schema",
}  # fmt: skip
_RENAMED = {
    "OBJECT_TABLE": "table", "OBJECT_COLUMN": "column", "OBJECT_POLICY": "policy",
    "OBJECT_TYPE": "type", "OBJECT_VIEW": "view", "OBJECT_FUNCTION": "function",
}  # fmt: skip
_WIDER = {
    "int2": ("int4", "int8", "numeric"), "int4": ("int8", "numeric"), "int8": ("numeric",),
    "float4": ("float8",), "varchar": ("text",), "bpchar": ("text", "varchar"), "date": (),
}  # fmt: skip


@dataclass(frozen=True)
class Destruction:
    """One thing that is taken away, and how large a step of the version it asks for."""

    what: str
    inner: Inner
    node: Node
    bump: str = BUMP


def destructive(
    statements: Iterable[Inner], earlier: Iterable[Inner] = ()
) -> Iterator[Destruction]:
    """What `statements` take away of what was there before them.

    `earlier` are those of released versions; of what is made among `statements` themselves
    nothing is taken away that anybody has.
    """
    now, before = list(statements), list(earlier)
    labels, types = _labels(before), _types(before)
    new = {n for i in now for n, _ in created_tables(i.statement.kind, i.statement.node)}
    new -= {n for i in before for n, _ in created_tables(i.statement.kind, i.statement.node)}
    again = {key for inner in now for key in _made(inner)}
    for inner in now:
        kind, node = inner.statement.kind, inner.statement.node
        if kind == "DropStmt":
            yield from _drops(inner, node, new, again)
        elif kind == "RenameStmt" and node.get("renameType") in _RENAMED:
            name = node.get("subname") or node.get("relation", {}).get("relname", "")
            if node.get("relation", {}).get("relname") not in new:
                what = _RENAMED[node["renameType"]]
                yield Destruction(f"renames the {what} {name}", inner, node.get("relation", {}))
        elif kind == "AlterTableStmt" and node.get("relation", {}).get("relname") not in new:
            yield from _alters(inner, node, types)
        elif kind == "AlterEnumStmt" and node.get("oldVal"):
            yield Destruction(f"renames the enum value {node['oldVal']}", inner, {})
        elif kind == "CreateEnumStmt":
            name = "".join(strings(node.get("typeName"))[-1:])
            gone = [each for each in labels.get(name, ()) if each not in strings(node.get("vals"))]
            for label in gone:
                yield Destruction(f"removes the enum value {label} of {name}", inner, {})


def _drops(
    inner: Inner, node: Node, new: set[str], again: set[tuple[str, str]]
) -> Iterator[Destruction]:
    kind = _DROPPED.get(node.get("removeType", ""))
    for each in node.get("objects", ()) if kind else ():
        parts = (
            strings(each.get("List", {}).get("items"))
            or strings((each.get("TypeName") or {}).get("names"))
            or strings((each.get("ObjectWithArgs") or {}).get("objname"))
            or strings([each])
        )
        name = parts[-1] if parts else ""
        of = parts[-2] if kind == "policy" and len(parts) > 1 else ""
        if name in new or of in new or (str(kind), f"{of} {name}") in again:
            continue
        yield Destruction(f"drops the {kind} {name}" + (f" on {of}" if of else ""), inner, {})


def _made(inner: Inner) -> Iterator[tuple[str, str]]:
    """(what, name) of what is dropped to be made again in the same version; not tables: their rows
    would be gone."""
    kind, node = inner.statement.kind, inner.statement.node
    if kind == "CreatePolicyStmt":
        yield "policy", f"{node.get('table', {}).get('relname')} {node.get('policy_name')}"
    elif kind == "CreateFunctionStmt":
        name = "".join(strings(node.get("funcname"))[-1:])
        yield from ((what, f" {name}") for what in ("function", "procedure", "routine"))
    elif kind == "ViewStmt":
        yield "view", f" {node.get('view', {}).get('relname')}"
    elif kind == "CreateTableAsStmt" and node.get("objtype") == "OBJECT_MATVIEW":
        relation = node.get("into", {}).get("rel", {})
        yield "materialized view", f" {relation.get('relname')}"
    elif kind == "CreateEnumStmt":
        yield "type", f" {''.join(strings(node.get('typeName'))[-1:])}"


def _alters(
    inner: Inner, node: Node, types: dict[tuple[str, str], tuple[str, int]]
) -> Iterator[Destruction]:
    relation = node.get("relation", {})
    table = relation.get("relname", "")
    for each in node.get("cmds", ()):
        command = each.get("AlterTableCmd", {})
        kind, name = command.get("subtype"), command.get("name", "")
        column = command.get("def", {}).get("ColumnDef", {})
        if kind == "AT_DropColumn":
            yield Destruction(f"drops the column {table}.{name}", inner, relation)
        elif kind == "AT_SetNotNull":
            yield Destruction(f"lets {table}.{name} no longer be NULL", inner, relation)
        elif kind == "AT_AddColumn" and _demanded(column):
            what = f"adds {table}.{column.get('colname')} NOT NULL without a default"
            yield Destruction(what, inner, relation)
        elif kind == "AT_AlterColumnType":
            old, wanted = types.get((table, name)), _type(column)
            if old is None or not _is_widening(old, wanted):
                yield Destruction(f"changes the type of {table}.{name}", inner, relation)


def _demanded(column: Node) -> bool:
    kinds = {each.get("Constraint", {}).get("contype") for each in column.get("constraints", ())}
    filled = {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}
    serial = _type(column)[0] in {"serial", "bigserial", "smallserial"}
    return bool({"CONSTR_NOTNULL", "CONSTR_PRIMARY"} & kinds) and not (filled & kinds or serial)


def _type(column: Node) -> tuple[str, int]:
    """Name and first modifier (0 without) of a column's type."""
    type_ = column.get("typeName", {})
    name = "".join(strings(type_.get("names"))[-1:])
    modifiers = type_.get("typmods") or [{}]
    size = modifiers[0].get("A_Const", {}).get("ival", {}).get("ival", 0)
    return name + ("[]" if type_.get("arrayBounds") else ""), size


def _is_widening(old: tuple[str, int], wanted: tuple[str, int]) -> bool:
    """Whether every value of the old type is one of the wanted."""
    if wanted[0] == old[0]:
        fits = wanted[0] == "varchar" and old[1] and wanted[1] >= old[1]
        return wanted == old or wanted[1] == 0 or bool(fits)
    return wanted[0] in _WIDER.get(old[0], ()) and wanted[1] == 0


def _types(statements: Iterable[Inner]) -> dict[tuple[str, str], tuple[str, int]]:
    found = {}
    for inner in statements:
        node = inner.statement.node
        table = node.get("relation", {}).get("relname", "") if isinstance(node, dict) else ""
        if inner.statement.kind == "CreateStmt":
            for each in node.get("tableElts", ()):
                if "ColumnDef" in each:
                    found[table, each["ColumnDef"].get("colname", "")] = _type(each["ColumnDef"])
        elif inner.statement.kind == "AlterTableStmt":
            for each in node.get("cmds", ()):
                command = each.get("AlterTableCmd", {})
                column = command.get("def", {}).get("ColumnDef", {})
                name = column.get("colname") or command.get("name", "")
                if column.get("typeName"):
                    found[table, name] = _type(column)
    return found


def _labels(statements: Iterable[Inner]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for inner in statements:
        node = inner.statement.node
        if inner.statement.kind == "CreateEnumStmt":
            found["".join(strings(node.get("typeName"))[-1:])] = strings(node.get("vals"))
        elif inner.statement.kind == "AlterEnumStmt" and not node.get("oldVal"):
            name = "".join(strings(node.get("typeName"))[-1:])
            found.setdefault(name, []).append(node.get("newVal", ""))
    return found
