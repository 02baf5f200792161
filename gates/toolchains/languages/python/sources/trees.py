"""Syntax trees of a module's Python sources."""

from __future__ import annotations

import ast

from gates.model import Location
from gates.module import Module
from gates.syntax import parse_python
from gates.toolchains.languages.python.environment import sources


def python_trees(module: Module) -> dict[str, ast.Module]:
    """The trees of the module's Python sources that parse, by path; ruff reports the others."""
    trees = {}
    for path in sources(module):
        try:
            trees[path] = parse_python(module.data(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return trees


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
