"""Runs node:test, with V8 coverage, over a TypeScript module's tests, and reads its report."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import FileCoverage
from gates.module import Module
from gates.records import replace
from gates.toolchains.languages.typescript import packages as npm
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.branches import Branched
from gates.toolchains.languages.typescript.line_ends import plain_trees, with_plain_lines
from gates.toolchains.languages.typescript.measured import Measured, count_functions
from gates.toolchains.languages.typescript.planted import count_tests, plant
from gates.toolchains.languages.typescript.runner import has_package
from gates.toolchains.languages.typescript.runs import Told, parse_told, place_failure
from gates.toolchains.problem import relative
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tests import Failure, Lines, TestRun, find_test_files
from gates.toolchains.tools import Program, Tools
from gates.toolchains.untrusted import read_untrusted

NAME = "node:test"
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
    place, config = folder / "tests.jsonl", platform_tools.CONFIG
    # Node reads TypeScript itself, where imports name .ts files; tsx reads all of it.
    loader = ["--import=tsx"] if has_package(module, "tsx") else []
    files = find_test_files(module)
    sandbox = npm.make_sandbox(tools, packages, network=True)
    planted = plant(tools)
    ran = tools.run(
        Program(NAME, node.command, version),
        [
            *loader, f"--import={config / 'node.assert.mjs'}", "--enable-source-maps", "--test",
            "--experimental-test-coverage", "--test-coverage-include=src/**",
            f"--test-reporter={config / 'node.reporter.mjs'}",
            f"--test-reporter-destination={place}", *files,
        ],
        timeout=tools.session.policy.test_timeout,
        ok=(0, 1),
        subjects=len(files),
        env=tools.environment({"NODE_ENV": "test"}),
        sandbox=Sandbox(read=(*sandbox.read, config), network=True),
    )  # fmt: skip
    report = read_untrusted(folder, place)
    if report is None:
        raise ToolFailedError(f"node:test ended before it wrote its report: {ran.end()}")
    told = parse_events(report, copy, files)
    counts = count_tests(told, NAME, planted, copy)
    if ran.exit_status and not counts.failures:
        failure = Failure(
            "", None, NAME, f"{NAME} saw an error outside of every test", ran.end(4000)
        )
        counts = replace(counts, collected=counts.collected + 1, failed=1, failures=(failure,))
    measured, lines = parse_covered(told, module, copy)
    return replace(counts, files=measured, lines=lines, runner=f"{NAME} {version}")


def parse_events(report: bytes, copy: Path, files: Collection[str]) -> Told:
    """What node:test told. It has each file for a test, too, which is none of the module's, and an
    error where it fails.

    Raises `ToolFailedError` for what is no such report.
    """
    told = parse_told(report, copy, NAME)
    as_files = [each for each in told.cases if relative(each.name, copy) in files]
    failed = [
        place_failure(each.text, each.path, None, each.path, copy)
        for each in as_files
        if each.state == "failed"
    ]
    cases = [each for each in told.cases if each not in as_files]
    return replace(told, cases=cases, outside=[*told.outside, *failed])


def parse_covered(told: Told, module: Module, copy: Path) -> Measured:
    """What node:test covered of each source; one that no test loads has all lines and none ran.

    Node counts every line of a file, blank ones too. Raises `ToolFailedError` as `parse_events`.
    """
    found: dict[str, tuple[FileCoverage, Lines]] = {}
    try:
        summaries = [each["summary"] for each in told.other if each["kind"] == "coverage"]
        for each in (file for one in summaries for file in one["files"]):
            path = relative(each["path"], copy)
            ran = frozenset(int(line["line"]) for line in each["lines"] if int(line["count"]) > 0)
            missed = frozenset(int(line["line"]) for line in each["lines"]) - ran
            figures = FileCoverage(
                path, len(ran) + len(missed), len(ran), int(each["totalFunctionCount"]),
                int(each["totalBranchCount"]), int(each["coveredBranchCount"]),
            )  # fmt: skip
            untaken = tuple(int(one["line"]) for one in each["branches"] if not int(one["count"]))
            partly = ran.intersection(untaken)
            found[path] = (
                figures,
                Branched(ran, missed, blocks=True, untaken=untaken, partly=partly),
            )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"the coverage of node:test is not readable: {error}") from error
    if not summaries:
        raise ToolFailedError("node:test said nothing of coverage")
    for path, root in plain_trees(module).items():
        if path not in found and not path.endswith(_DECLARATIONS):
            plain = with_plain_lines(module.text(path), path)
            lines = frozenset(range(1, plain.count("\n") + 2))
            functions = count_functions(root)
            never = Branched(frozenset(), lines, blocks=True)
            found[path] = FileCoverage(path, len(lines), 0, functions), never
    ordered = sorted(found)
    return tuple(found[path][0] for path in ordered), {path: found[path][1] for path in ordered}
