"""Tests in Python that look as if they decided something, and cannot."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from gates.model import Location
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.languages.python.hooks import find_deciding_hooks
from gates.toolchains.languages.python.pytest import is_test
from gates.toolchains.languages.python.sources.trees import at, python_nodes, python_tree
from gates.toolchains.problem import Problem
from gates.toolchains.tests import TestRun

_ASSERTING = re.compile(r"assert|raises$|warns$|deprecated_call$|fail$|check|verify|expect")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Test:
    """A function that is named like a test: what pytest calls it, and where it stands."""

    function: Function
    name: str
    """"tests.unit.test_titles.TestCut.test_it"."""
    line: int
    """Of its first decorator, or its own: where pytest says that it is."""


def find_idle_tests(module: Module, run: TestRun) -> Iterator[Problem]:
    """Each test under tests/, or in a file of tests, that pytest has not run, or that returns; and
    each hook that can change how a test ends.

    `run.seen` holds what pytest ran, as "path:line" and as "package.file.Class.function".
    """
    yield from find_deciding_hooks(module)
    for path in sorted(module.files):
        if not path.endswith(".py"):
            continue
        if not path.startswith("tests/") and not is_test(PurePosixPath(path)):
            continue
        try:
            tree, nodes = python_tree(module, path), python_nodes(module, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # said above
        dotted = path.removesuffix(".py").replace("/", ".")
        whole = f".{dotted}" in run.seen  # skipped as a whole, or it could not be loaded
        tests = list(_tests(tree.body, dotted))
        names = Counter(test.name for test in tests)
        if tests and not _asserts(nodes):
            yield Problem("this file of tests asserts nothing", Location(path, 1), fix="use assert")
        for test in tests:
            yield from _swayed(test.function, path, module)
            name, place = test.function.name, at(path, test.function, module.lines(path))
            by_name = names[test.name] == 1 and test.name in run.seen
            if not whole and not by_name and f"{path}:{test.line}" not in run.seen:
                yield Problem(
                    f"{name}() is named like a test, and pytest does not run it",
                    place,
                    fix="put it into tests/unit/test_<name>.py or tests/e2e/test_<name>.py, in no"
                    " class or in a class Test<Name> without __init__; or give it another name",
                )
            elif _returns(test.function):
                yield Problem(
                    f"{name}() returns a value, which decides nothing", place, fix="use assert"
                )


def _asserts(nodes: Iterable[ast.AST]) -> bool:
    """Whether there is an assert, a block such as `pytest.raises`, or a call named like one."""
    for node in nodes:
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        called = node.func if isinstance(node, ast.Call) else None
        name = str(getattr(called, "attr", "") or getattr(called, "id", ""))
        if _ASSERTING.match(name):
            return True
    return False


def _swayed(function: Function, path: str, module: Module) -> Iterator[Problem]:
    """Each mark that runs a test until it passes, or takes any end of it for expected."""
    for each in function.decorator_list:
        mark = each.func if isinstance(each, ast.Call) else each
        name = mark.attr if isinstance(mark, ast.Attribute) else ""
        if name in ("flaky", "repeat"):
            message = "this runs a failing test again until it passes"
        elif name == "xfail" and isinstance(each, ast.Call) and _is_lax(each):
            message = "this takes any end of the test for expected"
        else:
            continue
        place = at(path, each, module.lines(path))
        yield Problem(message, place, fix="remove it, and correct what makes the test fail")


def _is_lax(call: ast.Call) -> bool:
    strict = [each.value for each in call.keywords if each.arg == "strict"]
    return any(not (isinstance(v, ast.Constant) and v.value is True) for v in strict)


def _tests(body: list[ast.stmt], owner: str) -> Iterator[_Test]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{owner}.{node.name}")
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for part in ("body", "orelse", "finalbody"):
                yield from _tests(getattr(node, part, []), owner)
            for handler in getattr(node, "handlers", []):
                yield from _tests(handler.body, owner)
        elif isinstance(node, Function) and node.name.startswith("test"):
            decorators = node.decorator_list
            if not any("fixture" in ast.unparse(each) for each in decorators):
                line = min([node.lineno, *(each.lineno for each in decorators)])
                yield _Test(node, f"{owner}.{node.name}", line)


def _returns(function: Function) -> bool:
    """Whether a function itself, and not one inside it, returns a value or yields."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            return True
        waiting += ast.iter_child_nodes(node)
    return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
