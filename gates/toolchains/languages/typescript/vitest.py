"""Runs vitest, with V8 coverage, over a TypeScript module's tests, and reads both reports."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.records import replace
from gates.toolchains.languages.typescript import packages as npm
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.measured import parse_istanbul
from gates.toolchains.problem import relative
from gates.toolchains.processes import Ran
from gates.toolchains.tests import Failure, TestRun, find_test_files
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
    for name in ("assert.cjs", "vitest.setup.mjs"):
        shutil.copyfile(platform_tools.CONFIG / name, copy / f"gates.{name}")
    ran = tools.run(
        vitest,
        ["run", f"--config={config}", f"--root={copy}", "--configLoader=runner"],
        timeout=tools.session.policy.test_timeout,
        ok=(0, 1),
        subjects=len(find_test_files(tools.session.module)),
        env=tools.environment({"GATES_REPORTS": str(reports), "NODE_ENV": "test"}),
        sandbox=npm.make_sandbox(tools, packages, network=True),
    )
    return read_run(tools, vitest, ran)


def read_run(tools: Tools, runner: Program, ran: Ran) -> TestRun:
    """What the reports of a run say, of vitest or of jest, whose form vitest has taken over.

    Raises `ToolFailedError` where there is none.
    """
    copy, folder, name = tools.module_copy, tools.folder, runner.name
    told = read_untrusted(folder, folder / "reports" / "tests.json")
    if told is None:
        raise ToolFailedError(f"{name} ended before it wrote its report: {ran.end()}")
    result = parse_report(told, copy)
    failures = result.failures
    if ran.exit_status and not failures:
        message = f"{name} saw an error outside of every test"
        failures = (Failure("", None, name, message, ran.end(4000)),)
    measured = read_untrusted(folder, folder / "reports" / "coverage" / "coverage-final.json")
    files, lines = parse_istanbul(measured, copy) if measured is not None else ((), {})
    return replace(
        result,
        failed=max(result.failed, len(failures)),
        failures=failures,
        files=files,
        lines=lines,
        runner=f"{name} {runner.version}",
    )


def parse_report(report: bytes, copy: Path) -> TestRun:
    """Counts and failures of the JSON report of vitest or jest, without coverage."""
    try:
        document = json.loads(report)
        counts = {"passed": 0, "failed": 0, "skipped": 0}
        failures = []
        seen = set()
        for file in document["testResults"]:
            path = relative(file["name"], copy)
            seen.add(path)
            for test in file["assertionResults"]:
                status = test["status"]
                counts[status if status in counts else "skipped"] += 1
                if status == "failed":
                    failures.append(_failure(test, path, copy))
            if file["status"] == "failed" and not any(f.path == path for f in failures):
                text = str(file.get("message") or "it could not be loaded")
                counts["failed"] += 1
                failures.append(place_failure(text, path, None, path, copy))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"the report of the tests is not understood: {error}") from error
    passed, failed, skipped = counts["passed"], counts["failed"], counts["skipped"]
    collected = passed + failed + skipped
    return TestRun(collected, passed, failed, skipped, tuple(failures), seen=frozenset(seen))


def _failure(test: dict[str, Any], path: str, copy: Path) -> Failure:
    text = "\n".join(str(each) for each in test.get("failureMessages") or ()) or "it failed"
    line = (test.get("location") or {}).get("line")
    return place_failure(text, path, line, str(test["fullName"]), copy)


def place_failure(text: str, path: str, line: int | None, name: str, copy: Path) -> Failure:
    """A failure at the line of its file that its text names, or at `line`."""
    text = text.replace(f"{copy.resolve()}/", "").replace(f"{copy}/", "")
    for found in re.finditer(r"(?:file://)?([\w@./-]+\.[cm]?[jt]sx?):([0-9]{1,7}):[0-9]+", text):
        if found[1] == path:
            line = int(found[2])
            break
    return Failure(path, line, name, text.partition("\n")[0].strip(), text)
