"""What checks ask for is made once, for all threads, and what cannot be made fails for each."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from gates.check import NEEDS
from gates.errors import ToolMissingError
from gates.model import Stage
from gates.module import load
from gates.needs import Needs, Once
from gates.settings import Policy
from gates.toolchains import TestRun
from tests.passing import result_of


@pytest.fixture
def needs(make_module, settings):
    made = Needs(load(make_module("python")), Policy(), settings, today=date(2026, 11, 24))
    yield made
    made.close()


def test_the_first_call_makes_the_value_for_all_threads():
    calls, together = [], threading.Barrier(8)

    def make() -> object:
        calls.append(1)
        return object()

    once = Once(make)
    assert once.made is None

    def ask(_: int) -> object:
        together.wait()
        return once()

    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(ask, range(8)))
    assert (values, len(calls)) == ({once.made}, 1)


def test_what_cannot_be_made_fails_for_each_that_asks_and_is_tried_once():
    tries = []

    def make() -> object:
        tries.append(1)
        raise ToolMissingError("ruff is not installed")

    once = Once(make)
    for _ in range(3):
        with pytest.raises(ToolMissingError, match="ruff is not installed"):
            once()
    assert (len(tries), once.made) == (1, None)


def test_an_interrupt_is_no_answer():
    answers = iter([KeyboardInterrupt(), 7])

    def make() -> int:
        if isinstance(answer := next(answers), BaseException):
            raise answer
        return answer

    once = Once(make)
    with pytest.raises(KeyboardInterrupt):
        once()
    assert once() == 7


def test_every_need_of_a_check_can_be_asked_for(needs):
    assert needs._by_name.keys() == NEEDS.keys()


def test_what_records_is_new_for_each_check_and_the_rest_is_shared(needs):
    for name in ("tools", "database"):
        first, second = needs.get(name), needs.get(name)
        assert first is not second
        assert first.records is not second.records
    assert needs.get("registry") is needs.get("registry") is needs.registry()


def test_the_evidence_says_what_the_run_stood_on(needs):
    needs.tests = Once(lambda: TestRun(1, 1, 0, 0, sandbox="landlock+seccomp"))

    def environment(stage: Stage) -> dict[str, str]:
        needs.record(result_of(stage))
        (found,) = needs.evidence().inspect([stage])
        return dict(found.statement.environment)

    assert environment(Stage.LINT).keys() == {"gates", "python", "platform"}
    needs.tests()
    assert environment(Stage.TEST)["sandbox"] == "landlock+seccomp"
