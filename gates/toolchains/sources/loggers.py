"""Where a module's sources log past the platform's logger, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.sources.trees import at, node_at, python_trees, typescript_trees

PYTHON_LOGGERS = {"eliot", "logbook", "logging", "loguru", "syslog"}
NPM_LOGGERS = {
    "bunyan", "consola", "debug", "log4js", "loglevel", "npmlog", "pino", "roarr", "signale",
    "tslog", "winston",
}  # fmt: skip
_WRITES = {"sys.stdout.write", "sys.stderr.write", "sys.stdout.writelines", "sys.stderr.writelines"}


def find(module: Module) -> Iterator[tuple[str, Location]]:
    """Each import of another logger and each write to a standard stream: what, and where."""
    if module.language == "python":
        for path, tree in python_trees(module).items():
            for each in ast.walk(tree):
                for what in _python(each):
                    yield what, at(path, each, module.lines(path))
        return
    for path, root in typescript_trees(module).items():
        for node in root.find_all(kind="import_statement"):
            source = node.field("source")
            name = source.text().strip("\"'`") if source is not None else ""
            if name.split("/")[0] in NPM_LOGGERS:
                yield name, node_at(path, node)
        for node in root.find_all(kind="member_expression"):
            if node.text() in ("process.stdout.write", "process.stderr.write"):
                yield node.text(), node_at(path, node)


def _python(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names if each.name.split(".")[0] in PYTHON_LOGGERS)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        if (node.module or "").split(".")[0] in PYTHON_LOGGERS:
            yield node.module or ""
    elif isinstance(node, ast.Attribute) and ast.unparse(node) in _WRITES:
        yield ast.unparse(node)
