"""Runs node:test, with V8 coverage, over a TypeScript module's tests, and reads its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import FileCoverage
from gates.module import Module
from gates.toolchains.languages.typescript import packages as npm
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.measured import Measured, count_functions
from gates.toolchains.languages.typescript.runner import has_package
from gates.toolchains.languages.typescript.sources.trees import typescript_trees
from gates.toolchains.languages.typescript.vitest import place_failure
from gates.toolchains.problem import relative
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tests import Failure, Lines, TestRun, find_test_files
from gates.toolchains.tools import Program, Tools
from gates.toolchains.untrusted import read_untrusted

LEAST = (22, 15)
"""The first version of Node that takes coverage of some files alone, and lets imports be told."""
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


def run_tests(tools: Tools) -> TestRun:
    """The module's tests. Raises `ToolFailedError` for a run without a report, and
    `CouldNotCheckError` for a Node that measures no coverage."""
    module, copy, folder = tools.session.module, tools.module_copy, tools.folder
    packages = npm.install_packages(tools)
    node = tools.resolve("node")
    version = node.version.removeprefix("v")
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST:
        raise CouldNotCheckError(
            f"Node {version} does not measure what node:test covers of src alone",
            hint="use Node 22.15 or newer, or vitest",
        )
    report, config = folder / "tests.jsonl", platform_tools.CONFIG
    # Node reads TypeScript itself, where imports name .ts files; tsx reads all of it.
    loader = ["--import=tsx"] if has_package(module, "tsx") else []
    files = find_test_files(module)
    sandbox = npm.make_sandbox(tools, packages, network=True)
    ran = tools.run(
        Program("node:test", node.command, version),
        [
            *loader, f"--import={config / 'node.assert.mjs'}", "--enable-source-maps", "--test",
            "--experimental-test-coverage", "--test-coverage-include=src/**",
            f"--test-reporter={config / 'node.reporter.mjs'}",
            f"--test-reporter-destination={report}", *files,
        ],
        timeout=tools.session.policy.test_timeout,
        ok=(0, 1),
        subjects=len(files),
        env=tools.environment({"NODE_ENV": "test"}),
        sandbox=Sandbox(read=(*sandbox.read, config), network=True),
    )  # fmt: skip
    told = read_untrusted(folder, report)
    if told is None:
        raise ToolFailedError(f"node:test ended before it wrote its report: {ran.end()}")
    counts = parse_events(told, copy, files)
    if ran.exit_status and not counts.failures:
        message = "node:test saw an error outside of every test"
        failure = Failure("", None, "node:test", message, ran.end(4000))
        counts = TestRun(counts.collected + 1, counts.passed, 1, counts.skipped, (failure,))
    measured, lines = parse_covered(told, module, copy)
    return TestRun(
        counts.collected, counts.passed, counts.failed, counts.skipped, counts.failures, measured,
        lines=lines, runner=f"node:test {version}", seen=counts.seen,
    )  # fmt: skip


def _events(report: bytes) -> list[dict[str, Any]]:
    try:
        found = [json.loads(line) for line in report.splitlines()]
    except ValueError as error:
        raise ToolFailedError(f"the report of node:test is not readable: {error}") from error
    if not all(isinstance(each, dict) and isinstance(each.get("type"), str) for each in found):
        raise ToolFailedError("the report of node:test is not what it should be")
    return found


def parse_events(report: bytes, copy: Path, files: list[str]) -> TestRun:
    """Counts and failures of what node:test told, without coverage.

    A file that defines no test passes as one test of its own name: it fails here. Raises
    `ToolFailedError` for what is no such report.
    """
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failures: list[Failure] = []
    seen: set[str] = set()
    try:
        for each in _events(report):
            if each["type"] not in ("test:pass", "test:fail") or each["details"] == "suite":
                continue
            path, name = relative(each["file"], copy), str(each["name"])
            line = int(each["line"])
            seen.add(path)
            error = each.get("error") or {"message": "it failed", "stack": ""}
            if each["type"] == "test:fail":
                kind = "failed"
            elif relative(name, copy) in files and each["nesting"] == 0:
                kind, error = "failed", {"message": "this file defines no test", "stack": ""}
            else:
                kind = "skipped" if each.get("skip") or each.get("todo") else "passed"
            counts[kind] += 1
            if kind == "failed":
                text = f"{error['message']}\n{error['stack']}"
                failures.append(place_failure(text, path, line, name, copy))
    except (ValueError, KeyError, TypeError, AttributeError) as error_:
        raise ToolFailedError(
            f"the report of node:test is not what it should be: {error_}"
        ) from error_
    passed, failed, skipped = counts["passed"], counts["failed"], counts["skipped"]
    collected = passed + failed + skipped
    return TestRun(collected, passed, failed, skipped, tuple(failures), seen=frozenset(seen))


def parse_covered(report: bytes, module: Module, copy: Path) -> Measured:
    """What node:test covered of each source; one that no test loads has all lines and none ran.

    Node counts every line of a file, blank ones too. Raises `ToolFailedError` as `parse_events`.
    """
    found: dict[str, tuple[FileCoverage, Lines]] = {}
    try:
        summaries = [each["summary"] for each in _events(report) if each["type"] == "test:coverage"]
        for each in (file for one in summaries for file in one["files"]):
            path = relative(each["path"], copy)
            ran = frozenset(int(line["line"]) for line in each["lines"] if int(line["count"]) > 0)
            missed = frozenset(int(line["line"]) for line in each["lines"]) - ran
            figures = FileCoverage(
                path, len(ran) + len(missed), len(ran), int(each["totalFunctionCount"]),
                int(each["totalBranchCount"]), int(each["coveredBranchCount"]),
            )  # fmt: skip
            found[path] = figures, Lines(ran, missed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"the coverage of node:test is not readable: {error}") from error
    if not summaries:
        raise ToolFailedError("node:test said nothing of coverage")
    for path, root in typescript_trees(module).items():
        if path not in found and not path.endswith(_DECLARATIONS):
            lines = frozenset(range(1, len(module.lines(path)) + 1))
            functions = count_functions(root)
            found[path] = FileCoverage(path, len(lines), 0, functions), Lines(frozenset(), lines)
    ordered = sorted(found)
    return tuple(found[path][0] for path in ordered), {path: found[path][1] for path in ordered}
