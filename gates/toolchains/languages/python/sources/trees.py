"""Syntax trees of a module's Python files, made once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from gates.model import Location
from gates.module import Module
from gates.syntax import parse_python
from gates.toolchains.languages.python.environment import sources


def python_tree(module: Module, path: str) -> ast.Module:
    """The tree of a Python file of the module, which nobody may change. Raises what `ast.parse`
    raises."""
    return module.once(_parse, path)


def python_trees(module: Module) -> Mapping[str, ast.Module]:
    """The trees of the module's Python sources that parse, by path; ruff reports the others."""
    return module.once(_parse_sources)


def python_nodes(module: Module, path: str) -> tuple[ast.AST, ...]:
    """The nodes of a file's tree in the order of `ast.walk`, without those that only say whether a
    name is read or bound. Raises as `python_tree`."""
    return module.once(_list_nodes, path)


def _parse(module: Module, path: str) -> ast.Module:
    return parse_python(module.data(path))


def _parse_sources(module: Module) -> Mapping[str, ast.Module]:
    trees = {}
    for path in sources(module):
        try:
            trees[path] = python_tree(module, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return trees


def _list_nodes(module: Module, path: str) -> tuple[ast.AST, ...]:
    return tuple(walk(python_tree(module, path)))


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """As `ast.walk`, in half its time, and without those of `ast.expr_context`."""
    waiting = [tree]
    for node in waiting:  # which grows
        yield node
        for name in node._fields:
            if name == "ctx":
                continue
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [each for each in value if isinstance(each, ast.AST)]


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
