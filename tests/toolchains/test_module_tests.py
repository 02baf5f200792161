"""The module's own tests: what they did, or why nobody knows."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.toolchains import run_tests

PYTHON, TYPESCRIPT = "tests/unit/test_more.py", "tests/unit/more.test.ts"


def alive(marker: str) -> bool:
    for _ in range(50):
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and marker in (folder / "environ").read_text():
                    break
            except OSError:
                continue
        else:
            return False
        time.sleep(0.05)
    return True


def test_python(open_session):
    run = run_tests(open_session("python"))
    assert (run.collected, run.failed, run.skipped) == (6, 0, 0)
    assert run.line_coverage == 100
    assert {"python-environment", "python"} <= {record.name for record in run.records}


def test_typescript(open_session):
    run = run_tests(open_session("typescript"))
    assert (run.collected, run.failed, run.skipped) == (6, 0, 0)
    assert run.line_coverage == 100
    assert {"npm-packages", "vitest"} <= {record.name for record in run.records}


def test_a_python_suite_that_hangs_is_ended_with_its_children(open_session):
    marker = f"hang-{os.getpid()}"
    code = f"""
import subprocess, sys, time
def test_it():
    subprocess.Popen(["sleep", "60"], env={{"MARKER": "{marker}"}}, start_new_session=True)
    time.sleep(60)
"""
    started = time.monotonic()
    with pytest.raises(ToolFailedError, match="did not end within 3 s"):
        run_tests(open_session("python", {PYTHON: code}, test_timeout=3.0))
    assert time.monotonic() - started < 20
    assert not alive(marker)


def test_a_typescript_suite_that_hangs(open_session):
    code = 'import { it } from "vitest";\nit("hangs", () => { for (;;); });\n'
    with pytest.raises(ToolFailedError, match="did not end within 3 s"):
        run_tests(open_session("typescript", {TYPESCRIPT: code}, test_timeout=3.0))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os\ndef test_it(): os._exit(0)", "before it wrote its report"),
        ("import os\ndef test_it(): os._exit(7)", "exit status 7"),
        ("import os\ndef test_it(): os.abort()", "exit status 134"),
        ("import ctypes\ndef test_it(): ctypes.string_at(0)", "exit status 139"),
        ("def test_it(): raise KeyboardInterrupt", "interrupted"),
    ],
)
def test_a_python_suite_that_crashes(open_session, code, message):
    with pytest.raises(ToolFailedError, match=message):
        run_tests(open_session("python", {PYTHON: code}))


def test_a_typescript_suite_that_exits(open_session):
    code = 'import { it } from "vitest";\nit("exits", () => { process.abort(); });\n'
    run = run_tests(open_session("typescript", {TYPESCRIPT: code}))
    assert run.failed


def test_an_error_outside_of_every_test_fails(open_session):
    code = """import { expect, it } from "vitest";
it("passes", async () => {
  expect(1).toBe(1);
  setTimeout(() => { throw new Error("late"); }, 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
});
"""
    run = run_tests(open_session("typescript", {TYPESCRIPT: code}))
    assert (run.failed, run.failures[0].name) == (1, "vitest")
    assert "late" in run.failures[0].detail


def test_typescript_failures_have_their_line(open_session):
    code = """import { expect, it } from "vitest";

it("counts", () => {
  expect(1 + 1).toBe(3);
});
it.skip("later", () => undefined);
"""
    run = run_tests(
        open_session(
            "typescript", {TYPESCRIPT: code, "tests/unit/bad.test.ts": "import './no.js';"}
        )
    )
    assert (run.collected, run.failed, run.skipped) == (9, 2, 1)
    places = {(failure.path, failure.line) for failure in run.failures}
    assert (TYPESCRIPT, 4) in places
    assert "tests/unit/bad.test.ts" in {path for path, _ in places}


def test_focused_tests_do_not_hide_the_others(open_session):
    code = 'import { it } from "vitest";\nit.only("one", () => undefined);\n'
    assert run_tests(open_session("typescript", {TYPESCRIPT: code})).failed


DECIDED = """import assert from "node:assert";
import { equal } from "assert/strict";
import { assert as chai, expect, it } from "vitest";

it("bare", () => { assert(1); });
it("named", () => { equal(1, 1); });
it("chai", () => { chai.equal(1, 1); });
it("counted", () => { expect.assertions(1); assert(1); expect(1).toBe(1); });
it("throws", () => { assert.throws(() => equal(1, 2), assert.AssertionError); });
it("is wrong", () => { assert(0); });
it("counted wrong", () => { expect.assertions(2); assert(1); expect(1).toBe(1); });
it("compares", () => 1 + 1 === 3);
"""


def test_a_typescript_test_that_asserts_nothing_fails(open_session):
    run = run_tests(open_session("typescript", {TYPESCRIPT: DECIDED}))
    assert [each.name for each in run.failures] == ["is wrong", "counted wrong", "compares"]
    assert "assert" in run.failures[2].message
    assert run.failures[0].line == 10


def test_no_tests_at_all(open_session):
    files = dict.fromkeys(
        ["tests/unit/test_env.py", "tests/unit/test_titles.py", "tests/e2e/test_register.py"]
    )
    assert run_tests(open_session("python", files)).collected == 0


def test_configuration_of_the_module_is_not_read(open_session):
    files = {
        "pytest.ini": "[pytest]\naddopts = --deselect tests -k nothing\n",
        "tox.ini": "[pytest]\naddopts = --collect-only\n",
        ".coveragerc": "[run]\nomit = *\n",
        ".coverage": "stale",
        "src/sample_module/unused.py": "def unused() -> int:\n    return 1  # pragma: no cover\n",
    }
    run = run_tests(open_session("python", files))
    assert run.passed == 6
    unused = next(file for file in run.files if file.path.endswith("unused.py"))
    assert (unused.lines, unused.covered) == (2, 0)


def test_vitest_configuration_of_the_module_is_not_read(open_session):
    config = 'export default { test: { include: [], coverage: { exclude: ["**"] } } };'
    files = {
        "vitest.config.ts": config,
        "vite.config.ts": config,
        "vitest.workspace.ts": "export default [];",
        "src/unused.ts": "export function unused(): number {\n  return 1;\n}\n",
    }
    run = run_tests(open_session("typescript", files))
    assert run.passed == 6
    assert [file.covered for file in run.files if file.path == "src/unused.ts"] == [0]


def test_tests_see_no_secret_and_no_file_of_the_machine(open_session, settings, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "hush")
    settings.key.parent.mkdir(parents=True, exist_ok=True)
    settings.key.write_text("-----BEGIN")
    code = f"""
import os
import pytest
def test_environment(): assert "DEPLOY_TOKEN" not in os.environ
def test_key():
    with pytest.raises((PermissionError, FileNotFoundError)): open({str(settings.key)!r})
def test_home(): assert os.listdir(os.path.expanduser("~")) == []
"""
    session = open_session("python", {PYTHON: code})
    run = run_tests(session)
    if "landlock" not in run.sandbox:
        pytest.skip("this machine has no Landlock")
    assert run.failures == ()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"requirements.lock": None}, "there is no requirements.lock"),
        ({"requirements.lock": "requests>=2\n"}, "requirements.lock:1"),
    ],
)
def test_without_a_usable_lock_nobody_knows(open_session, files, message):
    with pytest.raises(CouldNotCheckError, match=message) as caught:
        run_tests(open_session("python", files))
    assert "uv pip compile" in (caught.value.hint or "")


def test_a_digest_that_does_not_fit_is_not_installed(open_session):
    lock = "iniconfig==2.1.0 --hash=sha256:" + "0" * 64 + "\n"
    with pytest.raises(ToolFailedError, match="uv ended with exit status"):
        run_tests(open_session("python", {"requirements.lock": lock}))


RETURNING = """import functools
import threading
import unittest

import pytest


def test_right(): assert 1 == 1
def compare(a): return a == 2
test_lambda = lambda: 1 == 2
test_partial = functools.partial(compare, 1)


class TestKind:
    test_member = lambda self: 1 == 2


class Case(unittest.TestCase):
    def test_returns(self): return 1 == 2
    async def test_waits(self): assert 1 == 2


def test_thread():
    def work(): assert 1 == 2
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_removed():
    class Kept:
        def __del__(self): assert 1 == 2
    Kept()
"""


def test_python_tests_whose_end_is_only_a_warning_fail(open_session):
    """A value that is returned, a coroutine, an assertion outside of the test."""
    run = run_tests(open_session("python", {PYTHON: RETURNING}))
    assert {each.name for each in run.failures} == {
        "test_lambda", "test_partial", "test_member", "test_returns", "test_waits", "test_thread",
        "test_removed",
    }  # fmt: skip
    assert run.passed == 7


def test_python_tests_without_a_case_fail(open_session):
    code = '@pytest.mark.parametrize("a", [])\ndef test_it(a): assert a == 2\n'
    run = run_tests(open_session("python", {PYTHON: f"import pytest\n{code}"}))
    assert [each.message for each in run.failures] == ["Empty parameter set in 'test_it' at line 2"]


AGAIN = """import { expect, it } from "vitest";
const options = { ["ret" + "ry"]: 3 };
let count = 0;
it("is tried again", options, () => { expect(count++).toBe(2); });
"""


def test_a_typescript_test_that_is_run_again_fails(open_session):
    run = run_tests(open_session("typescript", {TYPESCRIPT: AGAIN}))
    assert [each.message for each in run.failures] == [
        '"is tried again" is run again until it passes'
    ]
