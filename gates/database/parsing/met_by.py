"""Which rows the conditions in functions and views are about: those that they read, and those that
are written where a function is run by a trigger. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache

from gates.database.parsing.conditions import Part, Relation, Wanted, branches, joined, of_change
from gates.database.parsing.script import Script
from gates.database.parsing.statements import Inner, statements_of
from gates.database.parsing.trees import Tree, walk


@lru_cache(maxsize=512)
def read_by(script: Script) -> tuple[Wanted, ...]:
    """The rows that its queries ask for, and that statements in functions change; what a file
    changes itself, `wanted_of` says."""
    found: list[Wanted] = []
    for inner, tree in _trees(script):
        for node in walk(tree):
            kind = type(node).__name__
            if kind in {"UpdateStmt", "DeleteStmt", "MergeStmt"} and not inner.at_once:
                found += of_change(inner, node, kind)
            if kind != "SelectStmt" or not node.fromClause:
                continue
            relations, parts = joined(node.fromClause)
            if relations and node.whereClause is not None:
                found += branches(inner, relations, parts, node.whereClause)
    return tuple(found)


@lru_cache(maxsize=512)
def of_written_rows(script: Script, table: str) -> tuple[Wanted, ...]:
    """The rows of a table that conditions of its bodies name as NEW."""
    found: list[Wanted] = []
    for inner, tree in _trees(script):
        for node in walk(tree):
            if type(node).__name__ != "SelectStmt":
                continue
            conditions = [each.val for each in node.targetList or () if not node.fromClause]
            for condition in (*conditions, node.whereClause):
                for each in branches(inner, [Relation("", table, "new")], [], condition):
                    parts = tuple(part for part in each.parts if _is_of_new(part))
                    if parts:
                        found.append(Wanted(inner, each.relations, parts))
    return tuple(found)


def _is_of_new(part: Part) -> bool:
    return part.whole and {alias for alias, _ in part.columns} == {"new"}


def _trees(script: Script) -> Iterator[tuple[Inner, Tree]]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    for inner in statements_of(script):
        if not inner.part:
            # PostgreSQL runs nothing that its own parser refuses.
            with contextlib.suppress(ParseError, ValueError, RecursionError):
                yield inner, parse_sql(inner.statement.text)
