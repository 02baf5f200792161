"""The queue names that a TypeScript module's sources use, from their syntax trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.trees import node_at, typescript_trees

if TYPE_CHECKING:
    from ast_grep_py import SgNode

CLASSES = {"Queue", "QueueEvents", "QueueEventsProducer", "Worker"}
SPLIT = "tenantQueue"
"""The platform's function that takes a queue's whole name apart for BullMQ."""


def find_queues(module: Module) -> Iterator[tuple[str | None, Location]]:
    """Each place where a BullMQ queue is opened or listened to, with the queue's name.

    The name goes up to its first part that is not known; None where nothing of it is known.
    """
    roots = typescript_trees(module)
    known = dict(_constants(roots))
    for path, root in roots.items():
        for value in _uses(root):
            yield _text(value, known, root), node_at(path, value)


def _arguments(node: SgNode) -> list[SgNode]:
    arguments = node.field("arguments")
    return [each for each in arguments.children() if each.is_named()] if arguments else []


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
            yield from _arguments(node)[:1]


def _constants(roots: Mapping[str, SgNode]) -> Iterator[tuple[str, SgNode]]:
    for root in roots.values():
        for node in root.find_all(kind="variable_declarator"):
            name, value = node.field("name"), node.field("value")
            if name is not None and value is not None and name.kind() == "identifier":
                yield name.text(), value


def _text(value: SgNode, known: Mapping[str, SgNode], root: SgNode, depth: int = 0) -> str | None:
    kind = value.kind()
    if depth > 8:
        return None
    if kind == "string":
        return value.text()[1:-1]
    if kind == "template_string":
        text = ""
        for part in value.children():
            if part.kind() == "string_fragment":
                text += part.text()
            elif part.kind() == "template_substitution":
                inner = part.child(1)
                more = _text(inner, known, root, depth + 1) if inner else None
                if more is None:
                    break
                text += more
        return text or None
    if kind in ("as_expression", "satisfies_expression"):
        inner = value.child(0)
        return _text(inner, known, root, depth + 1) if inner else None
    if kind == "identifier":
        if (split := _split(value.text(), known, root, depth)) is not None:
            return split
        if value.text() in known:
            return _text(known[value.text()], known, root, depth + 1)
    if kind == "binary_expression":
        left, right = value.field("left"), value.field("right")
        first = _text(left, known, root, depth + 1) if left else None
        second = _text(right, known, root, depth + 1) if right else None
        return None if first is None else first + (second or "")
    return None


def _split(name: str, known: Mapping[str, SgNode], root: SgNode, depth: int) -> str | None:
    for node in root.find_all(kind="variable_declarator"):
        pattern, value = node.field("name"), node.field("value")
        if pattern is None or value is None or value.kind() != "call_expression":
            continue
        function = value.field("function")
        names = {
            each.text() for each in pattern.find_all(kind="shorthand_property_identifier_pattern")
        }
        if function is not None and function.text() == SPLIT and name in names:
            arguments = _arguments(value)
            return _text(arguments[0], known, root, depth + 1) if arguments else None
    return None
