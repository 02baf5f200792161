"""A failing test of the gate at the end of each TypeScript or JavaScript file of tests.

Each file has a world of its own, so each gets one, in the check's copy. It calls what the file
itself takes for `expect`, `assert`, `it` and `test`; `config/planted.cjs` is what it does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gates.toolchains.canary import canary_name
from gates.toolchains.languages.typescript.runs import Case, Told, place_failure
from gates.toolchains.languages.typescript.sources.nodes import arguments, key
from gates.toolchains.processes import disk
from gates.toolchains.tests import Failure, TestRun, find_test_files
from gates.toolchains.tools import Tools

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_ASSERTS = {f"{scheme}assert{kind}" for scheme in ("", "node:") for kind in ("", "/strict")}
_ASSERTIONS = frozenset({
    "deepEqual", "deepStrictEqual", "doesNotReject", "doesNotThrow", "equal", "fail", "ifError",
    "match", "notDeepEqual", "notDeepStrictEqual", "notEqual", "notStrictEqual", "ok",
    "partialDeepStrictEqual", "rejects", "strictEqual", "throws",
})  # fmt: skip
"""The functions of node:assert that `config/planted.cjs` calls; a type is no value to be named."""
_TESTS = ("it", "test")
_CALLBACKS = {"arrow_function", "function_expression"}
_TITLES = {"string", "template_string"}
SHOWN = 5
"""How many of the calls that stayed silent a message names."""


def plant(tools: Tools) -> dict[str, str]:
    """Write a test that fails at the end of each file of tests in the copy; its name, by path.

    Raises `CouldNotCheckError` for a link that leads to no file of the module.
    """
    from ast_grep_py import SgRoot

    names = {}
    for number, path in enumerate(find_test_files(tools.session.module)):
        names[path] = f"{canary_name(tools)} {number}"
        content = tools.session.module.data(path)
        text = content.decode("utf-8", "replace")
        root = SgRoot(text, "tsx" if path.endswith("x") else "typescript").root()
        given = ", ".join(f"{role}: {name}" for role, name in _own(root))
        call = f'globalThis[Symbol.for("gates.planted")]({json.dumps(names[path])}, {{ {given} }})'
        place = tools.module_copy / path
        with disk():
            place.unlink()  # a link may lead to a file of the packages, which are not this check's
            place.write_bytes(content + f"\n;{call};\n".encode())
            place.chmod(0o644)
    return names


def _own(root: SgNode) -> Iterator[tuple[str, str]]:
    """What the file has for the runner's functions: a role, and an expression that never throws."""
    named = {}
    for node in root.find_all(kind="import_statement"):
        place = node.field("source")
        if place is None or key(place) not in _ASSERTS:
            continue
        for each in node.find_all(kind="import_specifier"):
            name, alias = each.field("name"), each.field("alias")
            if name is not None and name.text() in _ASSERTIONS:
                named[name.text()] = (alias or name).text()
    yield "expect", _safe("expect")
    yield "assert", _safe("assert")
    yield "named", f"{{ {', '.join(f'{n}: {_safe(local)}' for n, local in named.items())} }}"
    tests = (f"[{_safe(each)}, {kind}]" for each in _TESTS if (kind := _called(root, each)))
    yield "tests", f"[{', '.join(tests)}]"


def _safe(name: str) -> str:
    return f'typeof {name} === "undefined" ? undefined : {name}'


def _called(root: SgNode, name: str) -> str:
    """Whether ("true", "false") the functions that a file gives to one of tests are asynchronous;
    "" where it does not always call it with a title and a function, or never."""
    calls = [
        arguments(call)
        for call in root.find_all(kind="call_expression")
        if (function := call.field("function")) is not None and function.text() == name
    ]
    as_usual = bool(calls) and all(
        len(given) > 1 and given[0].kind() in _TITLES and given[1].kind() in _CALLBACKS
        for given in calls
    )
    if not as_usual:
        return ""
    return "true" if any(given[1].text().startswith("async") for given in calls) else "false"


def _judge(runner: str, told: Told, planted: dict[str, str]) -> Iterator[Failure]:
    """What is wrong in each file by what became of its planted test."""
    by_path: dict[str, list[Case]] = {path: [] for path in planted}
    for case in told.cases:
        by_path.setdefault(case.path, []).append(case)
    broken = {each.path for each in told.outside}
    for path, name in planted.items():
        cases = by_path[path]
        own = [case for case in cases if not _is_planted(case, name)]
        if path in broken or any(case.state == "failed" for case in own):
            continue
        ours = [case for case in cases if _is_planted(case, name)]
        if reason := _wrong(runner, name, ours):
            yield Failure(path, None, path, reason)
        elif not own:
            yield Failure(path, None, path, "this file defines no test")


def _is_planted(case: Case, name: str) -> bool:
    """Whether a test is one that was put into its file."""
    return name in case.name


def _wrong(runner: str, name: str, ours: Sequence[Case]) -> str:
    """Why a file's tests decide nothing; "" where its planted test failed as it has to."""
    if not any(case.name.endswith(name) for case in ours):
        return (
            f"{runner} told nothing of a failing test that the gate put at the end of this file, so"
            " of others neither: let no code end the run, leave tests out or change the runner"
        )
    for case in ours:
        _, found, silent = case.text.partition(f"{name} silent: ")
        if found:
            calls = silent.partition("\n")[0].split(", ")
            more = f" and {len(calls) - SHOWN} more" if len(calls) > SHOWN else ""
            return f"in this file {', '.join(calls[:SHOWN])}{more} passes where it has to fail"
    if any(case.state not in ("failed", "unfinished") for case in ours):
        return (
            f"{runner} did not say of a failing test that the gate put at the end of this file that"
            " it failed: let no code of the tests replace or change what defines and ends tests"
        )
    if other := next((case.text for case in ours if name not in case.text), ""):
        return (
            "a failing test that the gate put at the end of this file came to another end: "
            f"{other.strip().partition(chr(10))[0]}"
        )
    return ""


def count_tests(told: Told, runner: str, planted: dict[str, str], copy: Path) -> TestRun:
    """The module's own tests, without coverage: what was planted among them is counted nowhere, and
    fails the file where it did not fail."""
    own = [case for case in told.cases if not _is_planted(case, planted.get(case.path, "\0"))]
    failures = [
        place_failure(case.text or "it failed", case.path, case.line, case.name, copy)
        for case in own
        if case.state == "failed"
    ]
    names = tuple(planted.values())
    outside = [each for each in told.outside if not any(name in each.message for name in names)]
    more = [*outside, *_judge(runner, told, planted)]
    counts = Counter(case.state for case in own)
    failed = len(failures) + len(more)
    deciding = {case.path for case in own if case.state in ("passed", "failed")}
    passed, skipped = counts["passed"], counts["skipped"] + counts["unfinished"]
    return TestRun(
        passed + failed + skipped, passed, failed, skipped, (*failures, *more),
        seen=frozenset(told.files), skipped_files=frozenset({c.path for c in own} - deciding),
    )  # fmt: skip
