"""Runs vitest, with V8 coverage, over a TypeScript module's tests, and reads both reports."""

from __future__ import annotations

import shutil

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.records import replace
from gates.toolchains.languages.typescript import packages as npm
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.measured import parse_istanbul
from gates.toolchains.languages.typescript.planted import count_tests, plant
from gates.toolchains.languages.typescript.runs import parse_told
from gates.toolchains.processes import Ran
from gates.toolchains.tests import TestRun, find_test_files
from gates.toolchains.tools import Program, Tools
from gates.toolchains.untrusted import read_untrusted

CONFIG_NAME = "gates.vitest.config.mjs"


def run_tests(tools: Tools) -> TestRun:
    """The module's tests. Raises `ToolFailedError` for a run without a report."""
    copy, folder = tools.module_copy, tools.folder
    packages = npm.install_packages(tools)
    vitest = npm.find_program(tools, packages, "vitest", "vitest.mjs")
    if not (packages.folder / packages.member / "node_modules/@vitest/coverage-v8").is_dir() and (
        not (packages.modules / "@vitest/coverage-v8").is_dir()
    ):
        raise CouldNotCheckError(
            "@vitest/coverage-v8 is not among the module's packages",
            hint="npm install --save-dev @vitest/coverage-v8",
        )
    reports = folder / "reports"
    reports.mkdir()
    config = copy / CONFIG_NAME
    shutil.copyfile(platform_tools.CONFIG / "vitest.config.mjs", config)
    for name in ("assert.cjs", "planted.cjs", "vitest.reporter.mjs", "vitest.setup.mjs"):
        shutil.copyfile(platform_tools.CONFIG / name, copy / f"gates.{name}")
    planted = plant(tools)
    ran = tools.run(
        vitest,
        ["run", f"--config={config}", f"--root={copy}", "--configLoader=native"],
        timeout=tools.session.policy.test_timeout,
        ok=(0, 1),
        subjects=len(find_test_files(tools.session.module)),
        env=tools.environment({"GATES_REPORTS": str(reports), "NODE_ENV": "test"}),
        sandbox=npm.make_sandbox(tools, packages, network=True),
    )
    return read_run(tools, vitest, ran, planted)


def read_run(tools: Tools, runner: Program, ran: Ran, planted: dict[str, str]) -> TestRun:
    """What the reports of a run say, of vitest or of jest, with `planted` among the tests.

    Raises `ToolFailedError` where there is none, and for an end that says that nothing failed.
    """
    copy, folder, name = tools.module_copy, tools.folder, runner.name
    report = read_untrusted(folder, folder / "reports" / "tests.jsonl")
    if report is None:
        raise ToolFailedError(f"{name} ended before it wrote its report: {ran.end()}")
    if planted and not ran.exit_status:
        raise ToolFailedError(f"{name} ended as if the failing tests of the gate had passed")
    result = count_tests(parse_told(report, copy, name), name, planted, copy)
    measured = read_untrusted(folder, folder / "reports" / "coverage" / "coverage-final.json")
    files, lines = parse_istanbul(measured, copy) if measured is not None else ((), {})
    return replace(result, files=files, lines=lines, runner=f"{name} {runner.version}")
