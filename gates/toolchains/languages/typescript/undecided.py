"""Tests in TypeScript or JavaScript of which nobody waits for the end, or that never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.toolchains.languages.typescript.sources.nodes import WRAPPERS, arguments
from gates.toolchains.languages.typescript.sources.trees import node_at
from gates.toolchains.problem import Problem

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_ROWS = re.compile(r"(?:it|test|describe|suite)(?:\.\w+)*\.(?:each|for)$")
_PROMISED = re.compile(
    r"expect\b[\s\S]*\.\s*(?:resolves|rejects)(?:\s*\.\s*not)?\s*\.\s*\w+$"
    r"|(?:\w+\.)?assert(?:\.strict)?\.(?:rejects|doesNotReject)$"
)
_TEST = re.compile(r"x?(?:it|test)\b")
_SUITE = re.compile(r"x?(?:describe|suite)\b")
_LEFT_OUT = re.compile(
    r"x(?:it|test|describe)\b|[\s\S]*(?:\.(?:skip|todo)\b"
    r"|\.skipIf\(\s*(?:true|1|!0)\s*\)|\.runIf\(\s*(?:false|0|!1)\s*\))"
)
"""What is called where a test never runs, whatever the machine."""
_OPTION = re.compile(r"(?:skip|todo)\s*:\s*(?:true|[\"'])")


def find_undecided(path: str, root: SgNode, *, skipped: bool) -> Iterator[Problem]:
    """Each list of rows without one, each assertion about a promise that nobody waits for; and,
    where all tests of the file were `skipped`, that none of them ever runs, on any machine."""
    calls = root.find_all(kind="call_expression")
    for call in calls:
        if _ROWS.match(_called(call)) and _is_empty(call):
            yield Problem(
                "this has no rows, so no test of it runs", node_at(path, call),
                fix="give it rows, or remove it",
            )  # fmt: skip
    for statement in root.find_all(kind="expression_statement"):
        node = _inner(statement)
        if node is not None and node.kind() == "unary_expression" and node.text()[:4] == "void":
            node = _inner(node)
        if node is not None and _PROMISED.match(_called(node)):
            yield Problem(
                "nobody waits for this assertion, so the test may pass before it fails",
                node_at(path, node),
                fix="put await before it",
            )
    if skipped:
        defining = [each for each in calls if not _is_called(each)]
        tests = [each for each in defining if _TEST.match(_called(each))] or [
            each for each in defining if _SUITE.match(_called(each))
        ]
        if tests and all(_is_left_out(each) for each in tests):
            yield Problem(
                "no test of this file ever runs: each is skipped or to be done, on any machine",
                node_at(path, tests[0]),
                fix="let one of them run, or remove the file",
            )


def _called(call: SgNode) -> str:
    """What a call calls, as it is written; "" for what is no call."""
    function = call.field("function") if call.kind() == "call_expression" else None
    return function.text() if function is not None else ""


def _is_called(call: SgNode) -> bool:
    """Whether what a call returns is called in turn: `it.skipIf(true)` of `it.skipIf(true)(..)`."""
    above = call.parent()
    function = above.field("function") if above is not None else None
    return function is not None and function.range() == call.range()


def _inner(node: SgNode) -> SgNode | None:
    return next((each for each in node.children() if each.is_named()), None)


def _is_empty(call: SgNode) -> bool:
    """Whether the rows are a list without one, as it is written."""
    given = arguments(call)
    rows = given[0] if given else None
    while rows is not None and rows.kind() in WRAPPERS:
        rows = _inner(rows)
    if rows is None or rows.kind() != "array":
        return False
    return all(each.kind() == "comment" for each in rows.children() if each.is_named())


def _is_left_out(call: SgNode) -> bool:
    """Whether a test, or what it is in, is skipped or to be done by how it is written alone."""
    return any(
        _LEFT_OUT.match(_called(each)) or _has_option(each)
        for each in (call, *call.ancestors())
        if _TEST.match(_called(each)) or _SUITE.match(_called(each))
    )


def _has_option(call: SgNode) -> bool:
    return any(
        _OPTION.match(pair.text())
        for each in arguments(call)
        if each.kind() == "object"
        for pair in each.children()
    )
