"""Hooks of pytest that a module defines, and that can change how a test ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_nodes
from gates.toolchains.problem import Problem

_PREFIX = "pytest_"
_ALLOWED = frozenset({
    "pytest_addoption", "pytest_assertrepr_compare", "pytest_collection_modifyitems",
    "pytest_configure", "pytest_generate_tests", "pytest_make_parametrize_id", "pytest_plugins",
    "pytest_report_header", "pytest_sessionfinish", "pytest_sessionstart",
    "pytest_terminal_summary", "pytest_unconfigure",
})  # fmt: skip
"""What prepares a run, chooses tests (which ran is looked up) or prints; the rest decides."""
_DECIDING = ("pytest_runtest_", "pytest_pyfunc_call", "pytest_report_teststatus")


def find_deciding_hooks(module: Module) -> Iterator[Problem]:
    """Each name of a hook outside the allowed ones, in any Python file: pytest finds hooks by their
    name, wherever conftest.py has them from. And each file that cannot be parsed."""
    for path in sorted(each for each in module.files if each.endswith(".py")):
        try:
            nodes = python_nodes(module, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            message = "this file cannot be parsed, so which hooks and tests it defines is not known"
            yield Problem(message, Location(path), fix="correct it")
            continue
        for node in nodes:
            for name in _named(node):
                if name.startswith(_PREFIX) and name not in _ALLOWED:
                    yield Problem(
                        f"{name} can change how a test ends",
                        at(path, node, module.lines(path)),
                        fix="use a fixture",
                    )
            if _measures(node):
                yield Problem(
                    "this reaches into what measures the coverage",
                    at(path, node, module.lines(path)),
                    fix="remove it: the platform measures",
                )


def _measures(node: ast.AST) -> bool:
    """Whether it imports more of the package coverage than what measures child processes, too."""
    if isinstance(node, ast.ImportFrom) and not node.level:
        package = (node.module or "").partition(".")[0]
        return package == "coverage" and [n.name for n in node.names] != ["process_startup"]
    if isinstance(node, ast.Import):
        return any(each.name.partition(".")[0] == "coverage" for each in node.names)
    return False


def _named(node: ast.AST) -> list[str]:
    """The names that a node binds in its module or class, and a text that is a deciding one."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom):
        return [each.asname or each.name for each in node.names]
    if isinstance(node, ast.Import):
        return [each.asname for each in node.names if each.asname]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return [node.attr]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value.startswith(_DECIDING) else []
    return []
