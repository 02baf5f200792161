"""Where a module's sources log past the platform's logger."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_trees

LOGGERS = {"eliot", "logbook", "logging", "loguru", "syslog"}
_WRITES = {"sys.stdout.write", "sys.stderr.write", "sys.stdout.writelines", "sys.stderr.writelines"}


def find_foreign_loggers(module: Module) -> Iterator[tuple[str, Location]]:
    """Each import of another logger and each write to a standard stream: what, and where."""
    for path, tree in python_trees(module).items():
        for each in ast.walk(tree):
            for what in _foreign(each):
                yield what, at(path, each, module.lines(path))


def _foreign(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names if each.name.split(".")[0] in LOGGERS)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        if (node.module or "").split(".")[0] in LOGGERS:
            yield node.module or ""
    elif isinstance(node, ast.Attribute) and ast.unparse(node) in _WRITES:
        yield ast.unparse(node)
