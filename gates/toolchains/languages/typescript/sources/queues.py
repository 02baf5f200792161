"""The queue names that a TypeScript module's sources use, from their syntax trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import arguments
from gates.toolchains.languages.typescript.sources.trees import node_at
from gates.toolchains.languages.typescript.sources.values import Values
from gates.toolchains.sources.queues import MAX_DEPTH, known_names

if TYPE_CHECKING:
    from ast_grep_py import SgNode

CLASSES = {"Queue", "QueueEvents", "QueueEventsProducer", "Worker"}
SPLIT = "tenantQueue"
"""The platform's function that takes a queue's whole name apart for BullMQ."""


def find_queues(module: Module) -> Iterator[tuple[str | None, Location]]:
    """Each place where a BullMQ queue is opened or listened to, with the queue's name.

    The name goes up to its first part that is not known; None where nothing of it is known.
    Raises `CouldNotCheckError` where a file does not parse.
    """
    values = Values(module)
    for path, root in values.roots.items():
        for value in _uses(root):
            for name in _names(values, value, path):
                yield name, node_at(path, value)


def _uses(root: SgNode) -> Iterator[SgNode]:
    imported = {
        (each.field("alias") or each.field("name") or each).text()
        for node in root.find_all(kind="import_statement")
        if (source := node.field("source")) is not None and source.text().strip("\"'`") == "bullmq"
        for each in node.find_all(kind="import_specifier")
        if (name := each.field("name")) is not None and name.text() in CLASSES
    }
    for node in root.find_all(kind="new_expression"):
        constructor = node.field("constructor")
        if constructor is not None and constructor.text() in imported:
            yield from arguments(node)[:1]


def _names(
    values: Values, node: SgNode | None, path: str, depth: int = 0
) -> tuple[str | None, ...]:
    found = values.plain(node, path)
    if found is None or depth > MAX_DEPTH:
        return (None,)
    node, path = found
    if node.kind() in ("identifier", "shorthand_property_identifier"):
        node = _split(values.roots[path], node.text()) or node
    if (known := values.texts(node, path)) is not None:
        return known
    parts: list[SgNode | None] = []
    if node.kind() == "template_string":
        parts = [each for each in node.children() if each.is_named()]
    elif node.kind() == "template_substitution":
        parts = [node.child(1)]
    elif node.kind() == "binary_expression" and "+" in [e.text() for e in node.children()]:
        parts = [node.field("left"), node.field("right")]
    return known_names(
        (each.text(),) if each is not None and each.kind() == "string_fragment"
        else _names(values, each, path, depth + 1)
        for each in parts
    )  # fmt: skip


def _split(root: SgNode, name: str) -> SgNode | None:
    """What is given to `tenantQueue()`, where the name is a part of what that returns."""
    for node in root.find_all(kind="variable_declarator"):
        pattern, value = node.field("name"), node.field("value")
        function = value.field("function") if value is not None else None
        if pattern is None or value is None or function is None or function.text() != SPLIT:
            continue
        parts = pattern.find_all(kind="shorthand_property_identifier_pattern")
        if name in {each.text() for each in parts}:
            return next(iter(arguments(value)), None)
    return None
