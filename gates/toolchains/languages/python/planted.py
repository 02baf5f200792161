"""A failing test of the gate at the end of each Python file of tests.

So the file's own fixtures, marks and hooks, and those of its conftest.py, stand around it. It also
puts a failing function under each decorator that the file's tests have.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from gates.errors import ToolFailedError
from gates.records import replace
from gates.toolchains.canary import canary_name
from gates.toolchains.languages.python.sources.trees import python_nodes
from gates.toolchains.processes import disk
from gates.toolchains.tests import Failure, TestRun, find_test_files
from gates.toolchains.tools import Tools

_HARMLESS = frozenset({"hypothesis", "pytest"})
"""Packages whose decorators are not tried: what they mean is known, and a trial costs much."""
_SILENT = "passes where it fails: "
_TRIED = """
    def fail(*given, **named):
        tried.append(1)
        raise AssertionError

    silent = []
    for called, decorate in ({decorators}):
        tried = []
        try:
            result = decorate(fail)()
            if hasattr(result, "__await__"):
                import asyncio
                asyncio.run(result)
        except BaseException:
            continue
        if tried:
            silent.append(called)
    assert not silent, {silent!r} + ", ".join(silent)
"""
_PLANTED = """

def {name}({parameters}):{tried}
    assert {number} == {number} + 1


__import__("sys").set_coroutine_origin_tracking_depth(1)
"""
"""Its last line lets Python say where a coroutine was made that nobody awaits: see pytest.ini."""


def plant(tools: Tools) -> dict[str, str]:
    """Write a test that fails at the end of each file of tests in the copy; its name, by path."""
    module, planted = tools.session.module, {}
    for number, path in enumerate(find_test_files(module)):
        name = planted[path] = f"test_{canary_name(tools)}_{number}"
        try:
            nodes = python_nodes(module, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # nor does pytest load it, which is told
        decorators = [f"({each!r}, lambda f: ({each})(f))," for each in sorted(_decorators(nodes))]
        tried = _TRIED.format(decorators=" ".join(decorators), silent=_SILENT)
        text = _PLANTED.format(
            name=name, number=number, parameters=", ".join(_parameters(nodes)),
            tried=tried if decorators else "",
        )  # fmt: skip
        place = tools.module_copy / path
        with disk():
            place.unlink()  # a link may lead to a file of the packages
            place.write_bytes(module.data(path) + text.encode())
            place.chmod(0o644)
    return planted


def _decorators(nodes: Collection[ast.AST]) -> set[str]:
    """The decorators of the tests, as they are written, but for those of `_HARMLESS`."""
    harmless = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [(each.name, each.asname or each.name) for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [(node.module or "", each.asname or each.name) for each in node.names]
        else:
            continue
        harmless |= {own for source, own in names if source.partition(".")[0] in _HARMLESS}
    return {
        ast.unparse(each)
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
        for each in node.decorator_list
        if _root(each) not in harmless
    }


def _root(node: ast.expr) -> str:
    """The name that an expression begins with: pytest of `pytest.mark.skip()`."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _parameters(nodes: Collection[ast.AST]) -> Iterator[str]:
    """What `pytestmark = pytest.mark.parametrize(..)` gives to each test of a file."""
    for node in nodes:
        if not isinstance(node, ast.Assign) or "pytestmark" not in map(ast.unparse, node.targets):
            continue
        for call in ast.walk(node.value):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr != "parametrize":
                continue
            named = [each.value for each in call.keywords if each.arg == "argnames"]
            for each in ast.walk((call.args or named)[0]):
                text = each.value if isinstance(each, ast.Constant) else ""
                names = (name.strip() for name in str(text).split(","))
                yield from (name for name in names if name.isidentifier())


def without_planted(
    planted: Mapping[str, str],
    run: TestRun,
    status: int,
    ended: Collection[tuple[str, str, str]],
) -> TestRun:
    """What a run says of the module's own tests. `ended` are those that did not fail: file and
    class, with dots, name, and "passed" or "skipped".

    Raises `ToolFailedError` where no test of the module failed, and in a file some passed and the
    planted one did not fail as it has to: then hooks of the module, or what it has changed in
    pytest, decide.
    """
    names = frozenset(planted.values())
    ours = {_plain(each.name): each for each in run.failures if _plain(each.name) in names}
    own = tuple(each for each in run.failures if _plain(each.name) not in names)
    failures = (*own, *_silenced(planted, ours))
    passing = {f"{owner}." for owner, _, state in ended if state == "passed"}
    dotted = {path: path.removesuffix(".py").replace("/", ".") + "." for path in planted}
    in_none = any(not each.startswith((*dotted.values(),)) for each in passing)
    missing = [
        path
        for path, name in planted.items()
        if name not in ours and (in_none or any(each.startswith(dotted[path]) for each in passing))
    ]
    if run.passed and not failures and (missing or status == 0):
        where = f": {', '.join(missing[:5])}" if missing else ""
        raise ToolFailedError(
            "pytest let a test pass, or left it out, that was put at the end of the module's and"
            f" fails{where}",
            hint="in the tests, let no fixture, no hook and no patch of pytest decide which test"
            " runs or how it ends: look at conftest.py",
        )
    states = Counter(state for _, name, state in ended if _plain(name) in names)
    failed = run.failed - len({each.name for each in run.failures if _plain(each.name) in names})
    passed, skipped = run.passed - states["passed"], run.skipped - states["skipped"]
    failed += len(failures) - len(own)
    return replace(
        run, collected=passed + failed + skipped, passed=passed, failed=failed, skipped=skipped,
        failures=failures,
        seen=frozenset(each for each in run.seen if each.rpartition(".")[2] not in names),
    )  # fmt: skip


def _plain(name: str) -> str:
    """The name of a test without its parameters."""
    return name.partition("[")[0]


def _silenced(planted: Mapping[str, str], ours: Mapping[str, Failure]) -> Iterator[Failure]:
    for path, name in planted.items():
        _, found, decorators = ours[name].message.partition(_SILENT) if name in ours else [""] * 3
        if found:
            reason = f"in this file a test under @{decorators} passes where it has to fail"
            yield Failure(path, None, path, reason)
