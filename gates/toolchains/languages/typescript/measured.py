"""What vitest measured of a TypeScript module, held against the functions of its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gates.model import FileCoverage, Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import FUNCTIONS
from gates.toolchains.languages.typescript.sources.trees import typescript_trees
from gates.toolchains.problem import Problem

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_CODE = {"lexical_declaration", "variable_declaration", "expression_statement", "class_declaration"}
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


def find_unmeasured(module: Module, files: Iterable[FileCoverage]) -> Iterator[Problem]:
    """Each source file of which fewer functions were measured than it has."""
    measured = {file.path: file.functions for file in files}
    for path, root in typescript_trees(module).items():
        if path.endswith(_DECLARATIONS):
            continue
        functions = count_functions(root)
        if path not in measured:
            if functions or any(root.find(kind=kind) is not None for kind in _CODE):
                yield Problem("coverage measured nothing of this file", Location(path, 1))
        elif measured[path] < functions:
            yield Problem(
                f"coverage counts {measured[path]} functions of this file, which has {functions}",
                Location(path, 1),
                fix="do not hide functions from coverage",
            )


def count_functions(root: SgNode) -> int:
    """The functions, methods and accessors with a body, at any depth."""
    found = (node for kind in FUNCTIONS for node in root.find_all(kind=kind))
    return sum(all(each.kind() != "ambient_declaration" for each in n.ancestors()) for n in found)
