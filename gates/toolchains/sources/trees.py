"""Syntax trees of a module's sources, without running a tool."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains import python, typescript

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def python_trees(module: Module) -> dict[str, ast.Module]:
    """The trees of the module's Python sources that parse, by path; ruff reports the others."""
    trees = {}
    for path in python.sources(module):
        try:
            trees[path] = ast.parse(module.data(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return trees


def typescript_trees(module: Module, *, tests: bool = False) -> dict[str, SgNode]:
    """The trees of the module's TypeScript sources, by path; a file with an error has one too."""
    from ast_grep_py import SgRoot

    return {
        path: SgRoot(module.text(path), "tsx" if path.endswith("x") else "typescript").root()
        for path in typescript.sources(module, tests=tests)
    }


def at(path: str, node: ast.AST, lines: tuple[str, ...] = ()) -> Location:
    """Where a Python node is. With the file's lines, columns count characters and not bytes."""
    line = int(getattr(node, "lineno", 1))
    start, end = int(getattr(node, "col_offset", 0)), getattr(node, "end_col_offset", None)
    text = lines[line - 1].encode("utf-8") if 0 < line <= len(lines) else None

    def character(offset: int) -> int:
        return len(text[:offset].decode("utf-8", "ignore")) if text is not None else offset

    same = getattr(node, "end_lineno", None) == line and end is not None
    return Location(
        path, line, character(start) + 1, character(int(end or 0)) + 1 if same else None
    )


def node_at(path: str, node: SgNode) -> Location:
    """Where a TypeScript node is."""
    start, end = node.range().start, node.range().end
    column = end.column + 1 if end.line == start.line else None
    return Location(path, start.line + 1, start.column + 1, column)


def find(root: SgNode, *kinds: str) -> Iterator[SgNode]:
    """Every node of these kinds, in the order of the source."""
    for kind in kinds:
        yield from root.find_all(kind=kind)
