"""A module cannot make pytest say of a failing test that it passed, by a rule for all tests."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from gates.errors import ToolFailedError
from gates.module import load
from gates.module.load import from_files
from gates.settings import Policy
from gates.toolchains import Session, run_tests
from gates.toolchains.languages.python.hooks import find_deciding_hooks
from gates.toolchains.languages.python.planted import without_planted
from gates.toolchains.tests import Failure, TestRun

PLANTED = {"tests/unit/test_a.py": "test_canary_a_0", "tests/e2e/test_b.py": "test_canary_a_1"}
PASSING = (("tests.unit.test_a", "test_own", "passed"), ("tests.e2e.test_b.B", "test_b", "passed"))
OWN = Failure("tests/unit/test_a.py", 2, "test_own", "assert 1 == 2")
ALL = tuple(Failure("", None, name, "assert 0 == 1") for name in PLANTED.values())
RUN = TestRun(4, 2, 2, 0, ALL, seen=frozenset({"tests/unit/a.py:1", "x.test_canary_a_0"}))


def test_what_was_planted_is_counted_nowhere():
    found = without_planted(PLANTED, RUN, 1, PASSING)
    assert found == TestRun(2, 2, 0, 0, seen=frozenset({"tests/unit/a.py:1"}))
    run = replace(RUN, failed=3, failures=(OWN, *ALL))
    found = without_planted(PLANTED, run, 1, PASSING)
    assert (found.failed, found.failures) == (1, (OWN,))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"failures": ALL[:1], "failed": 1, "passed": 3}, 1),
        ({"failures": (), "failed": 0, "passed": 4}, 0),
        ({"failures": (), "failed": 0, "skipped": 3, "passed": 1}, 0),
        ({}, 0),
    ],
    ids=["one of them passed", "all passed", "all failures are skips", "it ended with 0"],
)
def test_what_was_planted_has_to_fail(changes, status):
    with pytest.raises(ToolFailedError, match="put at the end of the module's and fails"):
        without_planted(PLANTED, replace(RUN, **changes), status, PASSING)


@pytest.mark.parametrize(
    ("passing", "missing"),
    [
        (["tests.unit.test_a"], False),
        (["tests.unit.test_a", "tests.e2e.test_bc"], True),
        (["tests.unit.test_a", "tests.e2e.test_b"], True),
        (["tests.unit.test_a", "named.otherwise"], True),
    ],
    ids=["its file was skipped", "a name that begins alike", "its file passed", "another name"],
)
def test_only_a_file_whose_tests_pass_owes_the_failure(passing, missing):
    run = replace(RUN, failures=ALL[:1], failed=1, skipped=1)
    ended = [(owner, "test_own", "passed") for owner in passing]
    ended.append(("tests.e2e.test_b", "test_canary_a_1", "skipped"))
    if not missing:
        found = without_planted(PLANTED, run, 1, ended)
        assert (found.failures, found.failed, found.skipped) == ((), 0, 0)
        return
    with pytest.raises(ToolFailedError, match=r"and fails: tests/e2e/test_b\.py$"):
        without_planted(PLANTED, run, 1, ended)


def test_failures_of_the_module_are_told_all_the_same():
    run = replace(RUN, failures=(OWN,), failed=1)
    assert without_planted(PLANTED, run, 1, PASSING).failures == (OWN,)
    nothing = TestRun(0, 0, 0, 0)
    assert without_planted(PLANTED, nothing, 5, ()) == nothing


TRICKS = (
    "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n",
    "import builtins, pytest\nbuiltins.AssertionError = pytest.skip.Exception\n",
    "def pytest_collection_modifyitems(items):\n"
    "    for each in items: each.obj = lambda: None\n",
    "import atexit, re\nfrom pathlib import Path\n"
    "def pytest_configure(config):\n    report = Path(config.option.xmlpath)\n"
    "    change = lambda: report.write_text(\n"
    "        re.sub('<failure.*?</failure>', '', report.read_text(), flags=re.S))\n"
    "    atexit.register(change)\n",
)  # fmt: skip


@pytest.mark.parametrize("trick", [TRICKS[0], TRICKS[3]], ids=["patched runner", "written report"])
def test_a_run(make_module, settings, trick):
    root = make_module("python")
    shutil.rmtree(root / "tests")
    (root / "tests/unit").mkdir(parents=True)
    (root / "tests/unit/test_a.py").write_text("def test_a():\n    assert 1 == 2\n")
    (root / "tests/conftest.py").write_text(trick)
    with (
        Session(load(root), Policy(), settings) as session,
        pytest.raises(ToolFailedError, match="put at the end of the module's"),
    ):
        run_tests(session)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def pytest_runtest_makereport(item, call): ...", True),
        ("async def pytest_pyfunc_call(): ...", True),
        ("class Plugin:\n    def pytest_runtest_protocol(self): ...", True),
        ("from sample.help import pytest_runtest_call", True),
        ("from sample.help import own as pytest_runtest_call", True),
        ("import sample.help as pytest_runtest_call", True),
        ("pytest_report_teststatus = print", True),
        ("Plugin.pytest_runtest_call = print", True),
        ("setattr(Plugin, 'pytest_runtest_call', print)", True),
        ("def pytest_ignore_collect(): ...", True),
        ("def pytest_configure(config): ...", False),
        ("def pytest_collection_modifyitems(items): ...", False),
        ("import pytest_asyncio", False),
        ("from pytest_mock import MockerFixture", False),
        ("pytest_plugins = ['pytest_asyncio']", False),
        ("hook = config.hook.pytest_deselected", False),
        ("def (:  # pytest_", True),
        ("def (:", True),
        ("import coverage", True),
        ("import os, coverage.data as data", True),
        ("from coverage import Coverage", True),
        ("from coverage.sqldata import CoverageData", True),
        ("from coverage import process_startup", False),
        ("from .coverage import Coverage", False),
        ("from insurance.coverage import Coverage", False),
        ("import coverage_of_risks", False),
        ("def \N{MATHEMATICAL BOLD SMALL P}ytest_runtest_call(): ...", True),
    ],
)
def test_hooks_that_decide(code, found):
    files = {"module.json": b"{}", "src/a/help.py": f"\n{code}\n".encode()}
    problems = list(find_deciding_hooks(from_files("memory", files)))
    assert bool(problems) is found
    assert all(each.location.path == "src/a/help.py" for each in problems)
