"""The queue names that a Python module's sources use, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_trees

CLASSES = {"Queue", "QueueEvents", "QueueEventsProducer", "Worker"}
SPLIT = "tenant_queue"
"""The platform's function that takes a queue's whole name apart for BullMQ."""


def find_queues(module: Module) -> Iterator[tuple[str | None, Location]]:
    """Each place where a BullMQ queue is opened or listened to, with the queue's name.

    The name goes up to its first part that is not known; None where nothing of it is known.
    """
    trees = python_trees(module)
    constants = dict(_constants(trees))
    for path, tree in trees.items():
        for value in _uses(tree):
            yield _text(value, constants, tree), at(path, value, module.lines(path))


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


def _constants(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, ast.expr]]:
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.Assign):
                yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))
            elif (
                isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name)
            ):
                yield node.target.id, node.value


def _text(
    value: ast.expr, constants: Mapping[str, ast.expr], tree: ast.Module, depth: int = 0
) -> str | None:
    if depth > 8:
        return None
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else None
    if isinstance(value, ast.Name):
        if value.id in constants:
            return _text(constants[value.id], constants, tree, depth + 1)
        return _split(value.id, constants, tree, depth)
    if isinstance(value, ast.Attribute) and value.attr in constants:
        return _text(constants[value.attr], constants, tree, depth + 1)
    if isinstance(value, ast.JoinedStr):
        text = ""
        for part in value.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            known = _text(inner, constants, tree, depth + 1)
            if known is None:
                break
            text += known
        return text or None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left = _text(value.left, constants, tree, depth + 1)
        right = _text(value.right, constants, tree, depth + 1)
        return None if left is None else left + (right or "")
    return None


def _split(
    name: str, constants: Mapping[str, ast.expr], tree: ast.Module, depth: int
) -> str | None:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == SPLIT
            and node.value.args
            and any(
                isinstance(n, ast.Name) and n.id == name for t in node.targets for n in ast.walk(t)
            )
        ):
            return _text(node.value.args[0], constants, tree, depth + 1)
    return None
