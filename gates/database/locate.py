"""Where in the migrations a database object comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.parsing.script import Node, Script, parse, walk
from gates.database.parsing.statements import UNKNOWN, statements_of
from gates.database.runner import Failure
from gates.model import Location
from gates.module import Module
from gates.records import replace

_QUOTED = re.compile(r'"(?:[^".]+\.)?([^"]+)"|function (?:\w+\.)?(\w+)\(')
_MISSING = {"42P01", "42703", "42704", "42883"}
"""undefined_table, undefined_column, undefined_object, undefined_function (appendix A)."""

_COUNTS = frozenset({"InsertStmt", "DeleteStmt", "MergeStmt", "CopyStmt", "TruncateStmt"})
_WRITES = frozenset({"UpdateStmt", "InsertStmt", "MergeStmt", "DeleteStmt"})
_USES = _COUNTS | _WRITES | {"SelectStmt", "DoStmt"}


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


def causes(failures: Sequence[Failure]) -> Iterator[tuple[Failure, int]]:
    """The failures that are nobody else's consequence, each with how many are its own: statements
    that miss what it would have made."""
    made: dict[str, int] = {}
    found: list[tuple[Failure, list[Failure]]] = []
    for failure in failures:
        named = {name for pair in _QUOTED.findall(failure.message) for name in pair if name}
        cause = next((number for name, number in made.items() if name in named), None)
        if failure.sqlstate in _MISSING and cause is not None:
            found[cause][1].append(failure)
            number = cause
        else:
            number = len(found)
            found.append((failure, []))
        for statement in parse("", failure.statement).statements:
            for name in _created(statement.kind, statement.node):
                made.setdefault(str(name), number)
    yield from ((failure, len(later)) for failure, later in found)


def policy_place(module: Module, name: str, table: Table) -> Location:
    """The last statement that makes or changes a policy of a table, also in a block or an EXECUTE;
    where none names it, that of the table."""
    found = None
    for script in (parse(each.path, each.sql) for each in module.migrations):
        for inner in statements_of(script):
            node = inner.statement.node
            relation = node.get("table", {}).get("relname")
            if (
                inner.statement.kind in {"CreatePolicyStmt", "AlterPolicyStmt"}
                and node.get("policy_name") == name
                and relation in {table.name, UNKNOWN}
            ):
                found = replace(inner.at(), object=f"policy {name} on {table.schema}.{table.name}")
    return found or place_of(module, table.name, f"policy {name} on {table.schema}.{table.name}")


def grant_place(module: Module, name: str, grantee: str, label: str) -> Location:
    """The last GRANT on a relation to a role ("PUBLIC" for everyone), also in a block or an
    EXECUTE; where none names both, that of the relation."""
    found = None
    for script in (parse(each.path, each.sql) for each in module.migrations):
        for inner in statements_of(script):
            node = inner.statement.node
            if inner.statement.kind != "GrantStmt" or not node.get("is_grant"):
                continue
            roles = [each.get("RoleSpec", {}) for each in node.get("grantees") or ()]
            names = {
                "PUBLIC" if each.get("roletype") == "ROLESPEC_PUBLIC" else each.get("rolename")
                for each in roles
            }
            if grantee in names and any(each["relname"] == name for each in _relations(node)):
                found = replace(inner.at(), object=label)
    return found or place_of(module, name, label)


def writer_place(module: Module, path: str, table: str, *, counted: bool) -> Location:
    """The statement of a migration that writes a table by its bare name: one that changes how many
    rows it has (`counted`), or what they hold. One that runs with the migration comes before one in
    a function, the first INSERT without ON CONFLICT before others, and ALTER TABLE last; where none
    names the table, the beginning of the file."""
    wanted = _COUNTS if counted else _WRITES | {"AlterTableStmt"}
    found: list[tuple[tuple[bool, bool, bool], Location]] = []
    for script in (parse(each.path, each.sql) for each in module.migrations if each.path == path):
        for inner in statements_of(script):
            kind, node = inner.statement.kind, inner.statement.node
            if kind in wanted and node.get("relation", {}).get("relname") == table:
                later = (not inner.at_once, "onConflictClause" in node, kind == "AlterTableStmt")
                found.append((later, replace(inner.at(), object=f"table {table}")))
    found.sort(key=lambda each: each[0])
    return found[0][1] if found else Location(path, 1, 1)


def mention_place(module: Module, path: str, label: str) -> Location:
    """The last statement of a migration that names an object of a snapshot, as "index public.x" or
    "trigger x on public.y", rather one that defines than one that uses it; where none names it, one
    that names its table, and else the file."""
    kind, _, rest = label.partition(" ")
    named, _, owner = rest.partition("(")[0].partition(" on ")
    uses = _USES if kind == "function" else _USES | {"CreateFunctionStmt"}
    for name in (each.rpartition(".")[2] for each in (named, owner) if each):
        whole_name = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        for script in (parse(each.path, each.sql) for each in module.migrations):
            found = [
                (each.kind not in uses, each.offset)
                for each in (script.statements if script.path == path else ())
                if whole_name.search(each.text)
            ]
            if found:
                return Location(path, *script.position(max(found)[1]), object=label)
    return Location(path, 1, 1, object=label or None)


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
