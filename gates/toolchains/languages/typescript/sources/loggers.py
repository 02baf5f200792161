"""Where a module's sources log past the platform's logger."""

from __future__ import annotations

from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.trees import node_at, typescript_trees

LOGGERS = {
    "bunyan", "consola", "debug", "log4js", "loglevel", "npmlog", "pino", "roarr", "signale",
    "tslog", "winston",
}  # fmt: skip


def find_foreign_loggers(module: Module) -> Iterator[tuple[str, Location]]:
    """Each import of another logger and each write to a standard stream: what, and where."""
    for path, root in typescript_trees(module).items():
        for node in root.find_all(kind="import_statement"):
            source = node.field("source")
            name = source.text().strip("\"'`") if source is not None else ""
            if name.split("/")[0] in LOGGERS:
                yield name, node_at(path, node)
        for node in root.find_all(kind="member_expression"):
            if node.text() in ("process.stdout.write", "process.stderr.write"):
                yield node.text(), node_at(path, node)
