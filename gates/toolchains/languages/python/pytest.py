"""Runs pytest under coverage in a Python module's environment, and reads both reports."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from gates.errors import ToolFailedError
from gates.records import replace
from gates.toolchains.languages.python.environment import (
    CONFIG,
    install_packages,
    source_root,
    sources,
)
from gates.toolchains.languages.python.measured import (
    count_file,
    counted_lines,
    find_unmeasured,
    parse_coverage,
)
from gates.toolchains.languages.python.planted import plant, without_planted
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tests import FOLDERS, Failure, TestRun, find_test_files
from gates.toolchains.tools import Tools
from gates.toolchains.untrusted import read_untrusted

_NUMBER = r"[0-9]{1,7}"
"""A number of a line: no file of a module has more."""
_NEVER_AWAITED = re.compile(r"coroutine '[^']{1,200}' was never awaited")
_OK = (0, 1, 2, 5)
"""All passed, some failed, a test file could not be loaded, nothing collected."""


def is_test(path: PurePosixPath) -> bool:
    """Whether pytest collects a file: test_x.py, x_test.py."""
    return path.suffix == ".py" and (path.stem.startswith("test_") or path.stem.endswith("_test"))


def run_tests(tools: Tools) -> TestRun:
    """The module's tests, beside tests of the gate's own, which fail and are counted nowhere.

    Raises `ToolFailedError` for a run without a report, and where the gate's tests did not fail.
    """
    module, copy, folder = tools.session.module, tools.module_copy, tools.folder
    env = install_packages(tools)
    root = copy / source_root(module)
    ini, rc = folder / "pytest.ini", folder / "coveragerc"
    paths = f"pythonpath = {root} {copy}\n"
    ini.write_text((CONFIG / "pytest.ini").read_text("utf-8") + paths, "utf-8")
    shutil.copyfile(CONFIG / "coveragerc", rc)
    data, report, covered = folder / "coverage.data", folder / "tests.xml", folder / "coverage.json"
    top = copy / "src" if source_root(module) else _top(copy, sources(module))
    folders = [name for name in FOLDERS if (copy / name).is_dir()]
    planted = plant(tools)
    sandbox = env.sandbox(network=True)
    ran = tools.run(
        env.program,
        [
            "-m", "coverage", "run", f"--rcfile={rc}", f"--data-file={data}", f"--source={top}",
            "-m", "pytest", "-c", ini, f"--rootdir={copy}", "-p", "no:cacheprovider", "-q",
            "--tb=short", "--color=no", "--continue-on-collection-errors",
            f"--junitxml={report}", *folders,
        ],
        timeout=tools.session.policy.test_timeout,
        ok=_OK,
        subjects=len(find_test_files(module)),
        sandbox=sandbox,
    )  # fmt: skip
    told = read_untrusted(folder, report)
    if told is None:
        raise ToolFailedError(f"pytest ended before it wrote its report: {ran.end()}")
    result, ended = parse_junit(told, copy, module.files)
    if ran.exit_status == 2 and all(each.name in planted.values() for each in result.failures):
        raise ToolFailedError(f"pytest was interrupted: {ran.end()}")
    result = without_planted(planted, result, ran.exit_status, ended)
    if read_untrusted(folder, data) is None:
        return result
    rc = CONFIG / "coveragerc"  # not the copy, which the tests could write to
    tools.run(
        env.program,
        ["-m", "coverage", "json", f"--rcfile={rc}", f"--data-file={data}", "-q", "-o", covered],
        ok=(0, 1),
        sandbox=Sandbox(read=(env.folder, CONFIG)),
    )
    if (told := read_untrusted(folder, covered)) is None:
        return result
    measured = parse_coverage(told, copy)
    lines = counted_lines(module, measured)
    return replace(
        result,
        files=tuple(count_file(path, each) for path, each in lines.items()),
        lines=lines,
        runner=f"pytest with {_coverage_version(told)}",
        unmeasured=tuple(find_unmeasured(module, measured)),
    )


def _coverage_version(report: bytes) -> str:
    """Which coverage measured, as its report says."""
    return f"coverage {json.loads(report)['meta']['version']}"


def _top(copy: Path, files: list[str]) -> Path:
    return copy / files[0].partition("/")[0] if files else copy


def parse_junit(
    report: bytes, copy: Path, files: Collection[str]
) -> tuple[TestRun, list[tuple[str, str, str]]]:
    """Counts and failures of a JUnit report (family xunit1), without coverage; and of each test
    that did not fail its file and class, with dots, its name, and "passed" or "skipped".

    `files` are the module's: a failure is at one of them, or nowhere. Raises `ToolFailedError` for
    what is no such report; the tests could have written it.
    """
    if b"<!DOCTYPE" in report or b"<!ENTITY" in report:
        raise ToolFailedError("the test report declares entities, which pytest never does")
    try:
        cases = list(ElementTree.fromstring(report).iter("testcase"))  # noqa: S314 - see above
    except ElementTree.ParseError as error:
        raise ToolFailedError(f"the test report of pytest is not XML: {error}") from error
    failures: list[Failure] = []
    skipped, names, seen, ended = 0, set(), set(), []
    for case in cases:
        seen |= {
            f"{case.get('file')}:{_line(case)}",
            f"{case.get('classname')}.{(case.get('name') or '').partition('[')[0]}",
        }
        bad = [each for each in case if each.tag in ("failure", "error")]
        name = f"{case.get('classname')}.{case.get('name')}"
        names.add(name)
        if bad:
            failures.append(_failure(case, bad[0], copy, files))
        else:
            state = "skipped" if case.find("skipped") is not None else "passed"
            skipped += state == "skipped"
            ended.append((case.get("classname") or "", case.get("name") or "", state))
    failed = len({failure.name for failure in failures})
    collected = len(cases) - (len(failures) - failed)
    passed = collected - failed - skipped
    run = TestRun(collected, passed, failed, skipped, tuple(failures), seen=frozenset(seen))
    return run, ended


def _line(case: ElementTree.Element) -> int:
    """The line of a test, which pytest counts from 0."""
    line = case.get("line") or "0"
    if not re.fullmatch(_NUMBER, line):
        raise ToolFailedError(f"the test report of pytest has {line[:40]!r} for a line")
    return int(line) + 1


def _failure(
    case: ElementTree.Element, bad: ElementTree.Element, copy: Path, files: Collection[str]
) -> Failure:
    text = (bad.text or "").replace(f"{copy}/", "")
    path, line = case.get("file") or "", _line(case)
    name = case.get("name") or ""
    places = [
        (found[1], int(found[2]))
        for found in re.finditer(
            rf"^(?:E\s+)?(?:File \")?([\w./-]+\.py)(?:\", line |:)({_NUMBER})\b",
            text,
            re.MULTILINE,
        )
        if found[1] in files
    ]
    in_test = [place for place in places if place[0] == path or not path]
    if in_test or places:
        path, line = (in_test or places)[-1]
    lines = [each[1:].strip() for each in text.splitlines() if each.startswith("E ")]
    message = bad.get("message") or (lines[0] if lines else "it failed")
    if "Unraisable" in message and (awaited := _NEVER_AWAITED.search(text)):
        message = awaited[0]
    if message == "collection failure":
        path = path or f"{(case.get('name') or '').replace('.', '/')}.py"
        message = lines[-1] if lines else text.strip().rpartition("\n")[2] or message
    path = path if path in files else ""
    return Failure(
        path, line if path else None, name, message.strip().partition("\n")[0], text.strip()
    )
