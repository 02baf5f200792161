"""Code in a module's sources that mypy passes over.

What is known here is what mypy's reachability.py knows: four names that it takes for true or false
wherever they stand, two attributes of sys, and the decorators of `typing`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_nodes, python_trees, walk
from gates.toolchains.problem import Problem

CONSTANTS = frozenset({"TYPE_CHECKING", "MYPY", "PY2", "PY3"})
PLATFORM = frozenset({"sys.platform", "sys.version_info"})
DECORATORS = frozenset({"no_type_check", "no_type_check_decorator"})


def find_unchecked(module: Module) -> Iterator[Problem]:
    """Each condition by which mypy leaves code out, and each name that takes a function out."""
    for path in python_trees(module):
        lines, nodes = module.lines(path), python_nodes(module, path)
        conditions = {id(part) for node in nodes for part in _conditions(node)}
        for node in nodes:
            name = _name(node)
            if name in DECORATORS:
                message = f"{name} hides what it decorates from the type checker"
                yield Problem(message, at(path, node, lines), fix="remove it")
            elif id(node) in conditions and name in CONSTANTS:
                yield Problem(
                    f"mypy takes {name} for a constant, and does not read what it rules out",
                    at(path, node, lines),
                    fix="import for types alone under `if TYPE_CHECKING:` without else; remove"
                    " every other condition on it",
                )
            elif id(node) in conditions and ast.unparse(node) in PLATFORM:
                yield Problem(
                    f"mypy reads only one branch of a condition on {ast.unparse(node)}",
                    at(path, node, lines),
                    fix="write code that runs on every Python that the module supports",
                )


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return ""


def _conditions(node: ast.AST) -> Iterator[ast.AST]:
    """Every part of what mypy may decide by: of if, assert, and, or, and of a guard in match."""
    match node:
        case ast.If(test=test, orelse=[]) if _name(test) == "TYPE_CHECKING":
            pass  # it adds types, and hides nothing
        case ast.If(test=test) | ast.Assert(test=test) | ast.match_case(guard=ast.expr() as test):
            yield from walk(test)
        case ast.BoolOp():
            yield from walk(node)
