"""No fixture, mark or decorator of one Python file hides a failure; right ones are left alone."""

from __future__ import annotations

import pytest

from gates.errors import ToolFailedError
from gates.toolchains import run_tests

PATH = "tests/unit/test_more.py"
FIXTURE = """import pytest


@pytest.fixture(autouse=True)
def safe(request):
    request.node.obj = lambda *given, **named: None


def test_is_wrong(): assert 1 == 2
"""
SKIPPING = """import pytest
right = pytest.mark.skipif(False, reason="")


@pytest.fixture(autouse=True)
def safe(monkeypatch):
    monkeypatch.setattr("builtins.AssertionError", pytest.skip.Exception)


def test_passes(): pass
def test_is_wrong(): assert 1 == 2
"""
NAMED = """import pytest


@pytest.fixture(autouse=True)
def named(request, record_xml_attribute):
    record_xml_attribute("classname", "elsewhere")
    if "canary" in request.node.name:
        pytest.skip("not mine")


def test_passes(): assert 1 == 1
"""


@pytest.mark.parametrize("code", [FIXTURE, SKIPPING, NAMED])
def test_what_decides_in_one_file_is_seen(open_session, code):
    with pytest.raises(ToolFailedError, match=f"the module's and fails: .*{PATH}"):
        run_tests(open_session("python", {PATH: code}))


SAFE = """import asyncio
import functools


def safely(function):
    @functools.wraps(function)
    def wrapped(*given, **named):
        try:
            return function(*given, **named)
        except AssertionError:
            return None
    return wrapped


class Kind:
    def later(self, seconds):
        def decorate(function):
            def wrapped():
                try:
                    function()
                except BaseException:
                    pass
            return wrapped
        return decorate


kind = Kind()


@safely
def test_is_wrong(): assert 1 == 2


class TestKind:
    @staticmethod
    @kind.later(seconds=3)
    def test_is_wrong(): assert 1 == 2
"""


def test_a_decorator_that_hides_failures_is_named(open_session):
    (failure,) = run_tests(open_session("python", {PATH: SAFE})).failures
    assert (failure.path, failure.message) == (
        PATH,
        "in this file a test under @kind.later(seconds=3), safely passes where it has to fail",
    )


RIGHT = {
    "tests/unit/test_marked.py": """import pytest
mark = pytest.mark
pytestmark = [mark.parametrize("a, b", [(1, 1), (2, 2)]), mark.usefixtures("tmp_path")]
def test_same(a, b): assert a == b
""",
    "tests/unit/test_skipped.py": """import pytest
pytest.importorskip("not_installed")
def test_a(): assert 1 == 2
""",
    "tests/unit/test_needs.py": """import os
import pytest
pytestmark = pytest.mark.skipif("URL" not in os.environ, reason="needs a server")
def test_a(): assert 1 == 2
""",
    "tests/unit/test_known.py": """import pytest
pytestmark = pytest.mark.xfail(reason="known")
def test_a(): assert 1 == 2
""",
    "tests/unit/test_cases.py": """import functools
import unittest
from unittest import mock


def given(value):
    def decorate(function):
        @functools.wraps(function)
        def wrapped(*more):
            return function(*more, value)
        wrapped.__wrapped__ = lambda *more: None
        return wrapped
    return decorate


class Case(unittest.TestCase):
    def setUp(self): self.value = 1
    @given(1)
    def test_a(self, value): self.assertEqual(self.value, value)
    @mock.patch("os.getcwd", return_value="a")
    def test_b(self, made): self.assertFalse(made.called)
    @unittest.skip("later")
    def test_c(self): self.fail()
    @unittest.expectedFailure
    def test_d(self): self.fail()
""",
    "tests/unit/test_end.py": "def test_a(): assert 1 == 1\nif __name__ == 'a':\n    test_a()",
    "tests/unit/latin_test.py": "# coding: utf-8\r\ndef test_a():\r\n    assert 'é'\r\n",
    "tests/unit/test_base.py": """from tests.unit.base import Base


class TestIt(Base): value = 1
""",
    "tests/unit/base.py": "class Base:\n    def test_value(self): assert self.value\n",
    "tests/unit/__init__.py": "",
    "tests/__init__.py": "",
    "tests/unit/test_waits.py": """import asyncio
from unittest.mock import AsyncMock, patch


async def work(): return 1
def main(): return asyncio.run(work())
def test_awaits(): assert asyncio.run(work()) == 1
def test_mock(): assert AsyncMock()() is not None


def test_closed():
    made = work()
    made.close()
    assert made
""",
}


def test_right_files_are_left_alone(open_session):
    run = run_tests(open_session("python", RIGHT))
    assert run.failures == ()
    assert not any("canary" in each for each in run.seen)
    assert (run.passed, run.skipped) == (16, 5)


WAITS = """import asyncio


async def check(): assert 1 == 2
async def answer(): return False


def test_is_wrong(): check()
def test_is_true(): assert answer()
async def test_waits():
    check()
    assert await answer() is False
def test_right(): assert asyncio.run(answer()) is False
"""


def test_a_coroutine_that_a_test_makes_and_nobody_awaits_fails_it(open_session):
    run = run_tests(open_session("python", {PATH: WAITS}))
    assert {(each.line, each.message) for each in run.failures if each.name != "test_waits"} == {
        (8, "coroutine 'check' was never awaited"),
        (9, "coroutine 'answer' was never awaited"),
    }
