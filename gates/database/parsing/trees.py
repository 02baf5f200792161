"""Trees of PostgreSQL's own parser: their columns, and what they are as SQL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

Tree: TypeAlias = Any
"""A node of pglast, or a list of them; the package has no types."""
_CAST = re.compile(r"CAST\(('(?:[^']|'')*') AS ([\w ]+)\)")


def columns_in(node: Tree) -> frozenset[tuple[str, str]]:
    """The columns that an expression names."""
    return frozenset(found for each in walk(node) if (found := column_of(each)) is not None)


def column_of(node: Tree) -> tuple[str, str] | None:
    """The column that an expression is, (alias or "", name); None for any other."""
    if type(node).__name__ != "ColumnRef":
        return None
    names = [each.sval for each in node.fields if type(each).__name__ == "String"]
    return (names[-2] if len(names) > 1 else "", names[-1]) if names else None


def text_of(node: Tree) -> str:
    """A node as SQL, a constant with its type as the server prints it."""
    from pglast.stream import RawStream

    return _CAST.sub(r"\1::\2", str(RawStream()(node)))


def is_equality(node: Tree) -> bool:
    """Whether a node says that one expression equals another."""
    return type(node).__name__ == "A_Expr" and [each.sval for each in node.name] == ["="]


def walk(node: Tree) -> Iterator[Tree]:
    """Every node of a tree of pglast, outermost first."""
    if isinstance(node, (tuple, list)):
        for each in node:
            yield from walk(each)
    elif hasattr(node, "__slots__") and not isinstance(node, (str, int)):
        yield node
        for name in node:
            yield from walk(getattr(node, name))
