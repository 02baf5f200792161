"""Which tables a version creates: as its tests saw them, or as its migrations say."""

from __future__ import annotations

from typing import Any

from gates.errors import CouldNotCheckError
from gates.evidence import Statement
from gates.module import Module

RECORD = "tables-created"
"""The ran-record of the test stage whose detail lists the tables, separated by commas."""

_SILENT = frozenset({"DoStmt", "CallStmt"})
"""Statements that may create tables without saying so."""


def tables_created(module: Module, tested: Statement) -> tuple[str, ...]:
    """Names of the tables that exist once the migrations have run, sorted, without partitions.

    The record of the test stage counts, where tables were seen in a real database. Without one the
    migrations are parsed; where they hold a statement that may create tables unseen, this raises
    `CouldNotCheckError`.
    """
    seen = tables_seen(tested)
    return declared_tables(module) if seen is None else seen


def tables_seen(tested: Statement) -> tuple[str, ...] | None:
    """The names in the record of the test stage, sorted; None where it has no such record."""
    for check in tested.checks:
        for record in check.records:
            if record.name == RECORD:
                names = (each.strip() for each in record.detail.split(","))
                return tuple(sorted({each for each in names if each}))
    return None


def declared_tables(module: Module) -> tuple[str, ...]:
    """The tables that the migrations create and do not drop again, by their parse trees.

    Raises `CouldNotCheckError` for a file that does not parse, or that may create tables unseen.
    """
    from gates.database.parsing.script import parse

    names: set[str] = set()
    for migration in module.migrations:
        script = parse(migration.path, migration.sql)
        if script.fault is not None:
            raise CouldNotCheckError(f"{migration.path} does not parse: {script.fault.message}")
        for statement in script.statements:
            if statement.kind in _SILENT:
                raise CouldNotCheckError(
                    f"the evidence of test does not list the tables, and {migration.path} may"
                    " create some in a block of code",
                    hint="gates run --stage test",
                )
            _apply(statement.kind, statement.node, names)
    return tuple(sorted(names))


def _apply(kind: str, node: dict[str, Any], names: set[str]) -> None:
    relation = node.get("relation", {})
    if kind == "CreateStmt" and "partbound" not in node and relation.get("relpersistence") != "t":
        names.add(relation.get("relname", ""))
    elif kind == "CreateTableAsStmt" and node.get("objtype") == "OBJECT_TABLE":
        names.add(node.get("into", {}).get("rel", {}).get("relname", ""))
    elif kind == "RenameStmt" and node.get("renameType") == "OBJECT_TABLE":
        if relation.get("relname") in names:
            names.discard(relation.get("relname"))
            names.add(node.get("newname", ""))
    elif kind == "DropStmt" and node.get("removeType") == "OBJECT_TABLE":
        for each in node.get("objects", ()):
            parts = each.get("List", {}).get("items", ())
            if parts:
                names.discard(parts[-1].get("String", {}).get("sval", ""))
