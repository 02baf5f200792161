"""Syntax trees of a module's TypeScript sources, without Node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.platform_tools import sources

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def typescript_trees(module: Module, *, tests: bool = False) -> dict[str, SgNode]:
    """The trees of the module's TypeScript sources, by path; a file with an error has one too."""
    from ast_grep_py import SgRoot

    return {
        path: SgRoot(module.text(path), "tsx" if path.endswith("x") else "typescript").root()
        for path in sources(module, tests=tests)
    }


def node_at(path: str, node: SgNode) -> Location:
    """Where a TypeScript node is."""
    start, end = node.range().start, node.range().end
    column = end.column + 1 if end.line == start.line else None
    return Location(path, start.line + 1, start.column + 1, column)
