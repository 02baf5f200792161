"""The queue names that a Python module's sources use, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at
from gates.toolchains.languages.python.sources.values import Values
from gates.toolchains.sources.queues import MAX_DEPTH, known_names

CLASSES = {"Queue", "QueueEvents", "QueueEventsProducer", "Worker"}
SPLIT = "tenant_queue"
"""The platform's function that takes a queue's whole name apart for BullMQ."""


def find_queues(module: Module) -> Iterator[tuple[str | None, Location]]:
    """Each place where a BullMQ queue is opened or listened to, with the queue's name.

    The name goes up to its first part that is not known; None where nothing of it is known.
    Raises `CouldNotCheckError` where a file does not parse.
    """
    values = Values(module)
    for path, tree in values.trees.items():
        for value in _uses(tree):
            for name in _names(values, value, path):
                yield name, at(path, value, module.lines(path))


def _from_bullmq(tree: ast.Module) -> set[str]:
    return {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bullmq"
        for each in node.names
    }


def _uses(tree: ast.Module) -> Iterator[ast.expr]:
    imported = _from_bullmq(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        target = node.func
        name = target.id if isinstance(target, ast.Name) else ""
        whole = ast.unparse(target) if isinstance(target, ast.Attribute) else ""
        if (name in imported and name in CLASSES) or whole in {
            f"bullmq.{each}" for each in CLASSES
        }:
            named = [each.value for each in node.keywords if each.arg == "name"]
            yield from [*node.args[:1], *named][:1]


def _names(values: Values, node: ast.expr, path: str, depth: int = 0) -> tuple[str | None, ...]:
    node, path = values.plain(node, path)
    if isinstance(node, ast.Name) and (whole := _split(values.trees[path], node.id)) is not None:
        node = whole
    known = values.texts(node, path)
    if known is not None or depth > MAX_DEPTH:
        return known or (None,)
    parts: list[ast.expr] = []
    if isinstance(node, ast.JoinedStr):
        parts = [e.value if isinstance(e, ast.FormattedValue) else e for e in node.values]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    return known_names(_names(values, each, path, depth + 1) for each in parts)


def _split(tree: ast.Module, name: str) -> ast.expr | None:
    """What is given to `tenant_queue()`, where the name is a part of what that returns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args:
            targets = (each for target in node.targets for each in ast.walk(target))
            if ast.unparse(node.value.func) == SPLIT and any(
                isinstance(each, ast.Name) and each.id == name for each in targets
            ):
                return node.value.args[0]
    return None
