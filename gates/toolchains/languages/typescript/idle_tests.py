"""Tests in TypeScript or JavaScript that look as if they decided something, and cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gates.module import Module
from gates.toolchains.languages.typescript.runner import SUFFIXES, is_test
from gates.toolchains.languages.typescript.sources.nodes import FUNCTIONS, key
from gates.toolchains.languages.typescript.sources.trees import node_at
from gates.toolchains.languages.typescript.undecided import find_undecided
from gates.toolchains.problem import Problem
from gates.toolchains.tests import TestRun

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_DEFINES = re.compile(r"(?:it|test|describe|suite)\b(?!\.extend\b)")
_RUNNERS = frozenset({"vitest", "@jest/globals", "node:test"})
_ONLY = re.compile(r"(?:it|test|describe|suite)(?:\.\w+)*\.only\b|(?:fit|fdescribe)$")
_RETRIES = re.compile(r"(?:\w+\.)*retryTimes$")
_OPTIONS = re.compile(r"(retry|only|repeats)\s*:(?!\s*(?:0|false)\s*$)", re.ASCII)

_KEYS = re.compile(r"(?:testTimeout|hookTimeout|clearMocks|mockReset|restoreMocks|fakeTimers)\s*:")
"""What a file of tests may set for itself."""
_OUTSIDE = re.compile(
    r"process\.(?:on|once|addListener|prependListener|prependOnceListener)\(\s*"
    r"[\"'`](?:uncaughtException|uncaughtExceptionMonitor|unhandledRejection)"
)
_RUNNER = re.compile(r"\btask\s*!?\??\.\s*(?:result|mode|fails)$|__vitest_\w+$|__proto__$")
_MATCHERS = frozenset({
    "lastCalledWith", "lastReturnedWith", "nthCalledWith", "nthReturnedWith", "toBe",
    "toBeCalled", "toBeCalledTimes", "toBeCalledWith", "toBeCloseTo", "toBeDefined", "toBeFalsy",
    "toBeGreaterThan", "toBeGreaterThanOrEqual", "toBeInstanceOf", "toBeLessThan",
    "toBeLessThanOrEqual", "toBeNaN", "toBeNull", "toBeNullable", "toBeOneOf", "toBeTruthy",
    "toBeTypeOf", "toBeUndefined", "toContain", "toContainEqual", "toEqual", "toHaveBeenCalled",
    "toHaveBeenCalledTimes", "toHaveBeenCalledWith", "toHaveBeenLastCalledWith", "toHaveLength",
    "toHaveProperty", "toHaveReturned", "toHaveReturnedWith", "toMatch", "toMatchInlineSnapshot",
    "toMatchObject", "toMatchSnapshot", "toReturn", "toSatisfy", "toStrictEqual", "toThrow",
    "toThrowError",
})  # fmt: skip


def find_idle_tests(module: Module, run: TestRun) -> Iterator[Problem]:
    """Each file under tests/, or named like one of tests, that defines tests and was not run.

    `run.seen` holds the files that the runner ran. Tests that a function defines count as those of
    the file that calls it. And each place that sways which tests decide.
    """
    from ast_grep_py import SgRoot

    for path in sorted(module.files):
        name = PurePosixPath(path)
        if name.suffix not in SUFFIXES or not (path.startswith("tests/") or is_test(name)):
            continue
        root = SgRoot(
            module.text(path), "typescript" if name.suffix.endswith("ts") else "tsx"
        ).root()
        for node in root.find_all(kind="property_identifier"):
            if node.text() == "requireAssertions":
                yield Problem(
                    "this lets tests pass that assert nothing", node_at(path, node), fix="remove it"
                )
        yield from _swayed(path, root)
        yield from _ruled(path, root)
        yield from find_undecided(path, root, skipped=path in run.skipped_files)
        if path not in run.seen and (test := _first_test(root)) is not None:
            yield Problem(
                "this file defines tests, and the test runner does not run it",
                node_at(path, test),
                fix="put it into tests/unit or tests/e2e as <name>.test.ts",
            )


def _swayed(path: str, root: SgNode) -> Iterator[Problem]:
    """Each place that leaves other tests out, or runs one until it passes."""
    for node in root.find_all(kind="call_expression"):
        function = node.field("function")
        called = function.text() if function is not None else ""
        above = node.parent()
        if called == "expect" and above is not None and above.kind() == "expression_statement":
            yield Problem(
                "this expects nothing of its value",
                node_at(path, node),
                fix="say what it has to be",
            )
        elif _ONLY.match(called):
            yield Problem("this leaves all other tests out", node_at(path, node), fix="remove only")
        elif _RETRIES.match(called):
            yield Problem(
                "this runs a failing test again until it passes", node_at(path, node),
                fix="remove it, and correct what makes the test fail now and then",
            )  # fmt: skip
        elif _DEFINES.match(called):
            given = node.field("arguments")
            for each in given.children() if given is not None else []:
                pairs = each.children() if each.kind() == "object" else []
                for pair in pairs:
                    if found := _OPTIONS.match(pair.text()):
                        yield Problem(
                            f"the option {found[1]} sways which tests decide", node_at(path, pair),
                            fix="remove it",
                        )  # fmt: skip


def _ruled(path: str, root: SgNode) -> Iterator[Problem]:
    """Each place that changes what the runner does or takes for a failure, for tests as a whole."""
    for node in root.find_all(kind="call_expression"):
        function, given = node.field("function"), node.field("arguments")
        called = function.text() if function is not None else ""
        pairs = [
            each
            for kind in ("pair", "method_definition", "shorthand_property_identifier")
            for each in (given.find_all(kind=kind) if given is not None else [])
        ]
        if called.endswith(".setConfig") and not (
            pairs and all(_KEYS.match(each.text()) for each in pairs)
        ):
            yield _rule(path, node, "this changes the configuration that the platform gives")
        elif called.endswith("expect.extend"):
            for each in pairs:
                name = re.split(r"\W", each.text().removeprefix("async "), maxsplit=1)[0]
                if name in _MATCHERS:
                    yield _rule(path, each, f"this changes what {name} compares")
        elif called.endswith("expect.setState"):
            yield _rule(path, node, "this changes how many assertions the test runner has counted")
        elif _OUTSIDE.match(node.text()):
            yield _rule(path, node, "this keeps errors outside of tests from the test runner")
    for node in root.find_all(kind="member_expression"):
        if _RUNNER.search(node.text()):
            yield _rule(path, node, "this reaches into the test runner")


def _rule(path: str, node: SgNode, message: str) -> Problem:
    return Problem(message, node_at(path, node), fix="remove it")


def _first_test(root: SgNode) -> SgNode | None:
    names = _renamed(root)
    for node in root.find_all(kind="call_expression"):
        function = node.field("function")
        if function is None:
            continue
        first, dot, rest = function.text().partition(".")
        if not _DEFINES.match(f"{names.get(first, first)}{dot}{rest}"):
            continue
        if not any(each.kind() in FUNCTIONS for each in node.ancestors()):
            return node
    return None


def _renamed(root: SgNode) -> dict[str, str]:
    """The test runner's names that a file imports under another one, by that."""
    found = {}
    for node in root.find_all(kind="import_statement"):
        place = node.field("source")
        if place is None or key(place) not in _RUNNERS:
            continue
        for each in node.find_all(kind="import_specifier"):
            name, alias = each.field("name"), each.field("alias")
            if name is not None and alias is not None:
                found[alias.text()] = name.text()
    return found
