"""Runs a TypeScript module's tests by the runner that it has chosen: vitest, jest or node:test."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path, PurePosixPath

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.module import Module
from gates.records import replace
from gates.toolchains.languages.typescript.line_ends import with_plain_lines
from gates.toolchains.languages.typescript.measured import count_branches, find_unmeasured
from gates.toolchains.processes import disk
from gates.toolchains.tests import TestRun, find_test_files
from gates.toolchains.tools import Tools

VITEST, JEST, NODE = "vitest", "jest", "node:test"
_FILES = {VITEST: "vitest", JEST: "jest", NODE: "node_test"}
_IMPORT = re.compile(r"""(?:from|require\(|import\()\s*["'](node:test|vitest|@jest/globals)["']""")
_HIDING = re.compile(rb"(//[^\w/\r\n]*|/\*[^\w/]*)(c8|v8|istanbul|node:coverage)(?=\W)")
"""The first word of such a comment, behind whatever a measuring program takes for a blank."""


SUFFIXES = frozenset({".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"})
"""What a file of TypeScript or JavaScript ends in."""


def is_test(path: PurePosixPath) -> bool:
    """Whether a runner collects a file: x.test.ts, x.spec.tsx, ..."""
    stem, _, kind = path.stem.rpartition(".")
    return bool(stem) and kind in ("test", "spec") and path.suffix in SUFFIXES


def find_runner(module: Module) -> str:
    """The runner: that of vitest and jest which package.json names; with neither, node:test.

    Raises `CouldNotCheckError` where it names both, and with neither where no test is of node:test.
    """
    packages = _packages(module)
    named = [each for each in (VITEST, JEST) if each in packages]
    if len(named) > 1:
        raise CouldNotCheckError(
            "package.json names vitest and jest, and one runner decides",
            hint="remove the one that the tests do not use",
        )
    if named:
        return named[0]
    texts = (_text(module, path) for path in find_test_files(module))
    imported = {each for text in texts for each in _IMPORT.findall(text)}
    if imported != {NODE}:
        raise CouldNotCheckError(
            "no runner of tests is known: package.json names neither vitest nor jest, and the tests"
            " are not all of node:test",
            hint="npm install --save-dev vitest @vitest/coverage-v8",
        )
    return NODE


def run_tests(tools: Tools) -> TestRun:
    """The module's tests. Raises `ToolFailedError` for a run without a report."""
    module = tools.session.module
    _prepare_sources(tools.module_copy)
    part = import_module(f"{__package__}.{_FILES[find_runner(module)]}")
    run: Callable[[Tools], TestRun] = part.run_tests
    result = count_branches(module, run(tools))
    unmeasured = tuple(find_unmeasured(module, result)) if result.files else ()
    return replace(result, unmeasured=unmeasured)


def _packages(module: Module) -> set[str]:
    try:
        document = json.loads(module.text("package.json"))
        return {
            name for key in ("dependencies", "devDependencies") for name in document.get(key) or {}
        }
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise CouldNotCheckError("package.json cannot be read") from error


def has_package(module: Module, name: str) -> bool:
    """Whether package.json names a package. Raises `CouldNotCheckError` where it cannot be read."""
    return name in _packages(module)


def _text(module: Module, path: str) -> str:
    try:
        return module.text(path)
    except ValueError as error:
        raise ToolFailedError(f"{path} is not UTF-8 text") from error


def _prepare_sources(copy: Path) -> None:
    """Take the words from copied sources by which comments hide lines from coverage, and all line
    ends but one."""
    for path in sorted((copy / "src").rglob("*")):
        if path.suffix in (".ts", ".tsx", ".mts", ".cts") and path.is_file():
            content = path.read_bytes()
            shown = _HIDING.sub(lambda found: found[1] + b"x" * len(found[2]), content)
            with suppress(UnicodeDecodeError):  # which no runner reads either
                shown = with_plain_lines(shown.decode(), path.name).encode()
            if shown != content:
                with disk():
                    path.write_bytes(shown)
