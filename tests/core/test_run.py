"""How a check ends, whatever happens inside it: never a pass that was not earned."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.check import Check, check
from gates.errors import (
    CouldNotCheckError,
    DatabaseUnavailableError,
    RefusedError,
    ToolFailedError,
    ToolMissingError,
)
from gates.model import CheckResult, Finding, Level, Location, RanRecord, Stage, Verdict
from gates.progress import Progress
from gates.run import run_check
from gates.stages import Outcome, run_stages


class Made:
    """Needs with given values; a value that is an exception is raised."""

    def __init__(self, **values: object) -> None:
        self.values = values
        self.cancelled = threading.Event()

    def get(self, need: str) -> object:
        value = self.values[need]
        if isinstance(value, Exception):
            raise value
        return value

    def lines(self, path: str) -> tuple[str, ...] | None:
        return ("first line", "second line") if path == "a.txt" else None

    def cancel(self) -> None:
        self.cancelled.set()


class Ran:
    """A need that ran something."""

    records = (RanRecord("tool", "1.0", 0, 3),)


class Idle:
    """A need that ran nothing."""

    records = ()


def make_check(
    body, *, stage: Stage = Stage.LINT, name: str = "sample", needs=("module",)
) -> Check:
    return Check(name, stage, "Summary.", needs, body)


def test_no_finding_is_a_pass():
    result = run_check(make_check(lambda module: []), Made(module=1))
    assert (result.verdict, result.findings, result.reason) == (Verdict.PASS, (), None)


def test_an_error_fails_and_a_warning_does_not():
    def with_level(level: Level) -> CheckResult:
        finding = Finding("sample", "wrong", Location("a.txt", 2, 1), level)
        return run_check(make_check(lambda module: [finding]), Made(module=1))

    assert with_level(Level.ERROR).verdict is Verdict.FAIL
    assert with_level(Level.WARNING).verdict is Verdict.PASS
    assert with_level(Level.ERROR).findings[0].excerpt == "second line"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError("x"), "the check crashed: ZeroDivisionError: x"),
        (RecursionError("deep"), "the check crashed: RecursionError: deep"),
        (MemoryError(), "memory ran out"),
        (SystemExit(0), "the check crashed: SystemExit: 0"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (ToolMissingError("ruff is not installed"), "ruff is not installed"),
        (ToolFailedError("eslint printed no JSON"), "eslint printed no JSON"),
        (DatabaseUnavailableError("no server"), "no server"),
    ],
)
def test_whatever_a_check_raises_is_inconclusive_and_keeps_what_it_found(error, reason):
    def body(module: object) -> Iterator[Finding]:
        yield Finding("sample", "found before", Location("a.txt"))
        raise error

    result = run_check(make_check(body), Made(module=1))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.verdict.exit_code == 3
    assert reason in result.reason
    assert [finding.message for finding in result.findings] == ["found before"]


@pytest.mark.parametrize("error", [CouldNotCheckError("no server", hint="start it"), OSError("x")])
def test_a_need_that_cannot_be_made_is_inconclusive(error):
    result = run_check(make_check(lambda database: [], needs=("database",)), Made(database=error))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert str(error) in result.reason


@pytest.mark.parametrize("need", ["tools", "database", "tests", "bundle"])
def test_silence_of_a_need_that_ran_nothing_is_not_a_pass(need):
    body = {need: None}
    silent = make_check(lambda **made: [], needs=tuple(body))
    assert run_check(silent, Made(**{need: Idle()})).verdict is Verdict.INCONCLUSIVE
    result = run_check(silent, Made(**{need: Ran()}))
    assert (result.verdict, result.records) == (Verdict.PASS, Ran.records)


def test_a_check_may_not_report_under_another_name():
    foreign = Finding("other", "x", Location("a.txt"))
    result = run_check(make_check(lambda module: [foreign]), Made(module=1))
    assert result.verdict is Verdict.INCONCLUSIVE


def test_a_refusal_is_a_fail_with_one_finding_for_each_reason():
    def body(module: object) -> Iterator[Finding]:
        raise RefusedError(["lint has no evidence", "test failed"])
        yield

    result = run_check(make_check(body), Made(module=1))
    assert (result.verdict, result.refused) == (Verdict.FAIL, True)
    assert [each.message for each in result.findings] == ["lint has no evidence", "test failed"]


def failing(stage: Stage, name: str = "sample") -> Check:
    found = Finding(name, "wrong", Location("a.txt"))
    return make_check(lambda module: [found], stage=stage, name=name)


def passing(stage: Stage, name: str = "sample") -> Check:
    return make_check(lambda module: [], stage=stage, name=name)


def test_every_stage_runs_after_a_failure_but_publish_and_release():
    plan = {stage: [passing(stage)] for stage in Stage} | {Stage.LINT: [failing(Stage.LINT)]}
    acted = []
    actions = {stage: lambda: acted.append(1) or Outcome() for stage in (Stage.PUBLISH,)}
    results = run_stages(plan, Made(module=1), actions=actions)
    verdicts = {result.stage: result.verdict for result in results}
    assert list(verdicts) == list(Stage)
    assert verdicts.pop(Stage.LINT) is Verdict.FAIL
    for stage in (Stage.PUBLISH, Stage.RELEASE):
        assert verdicts.pop(stage) is Verdict.INCONCLUSIVE
    assert set(verdicts.values()) == {Verdict.PASS}
    assert results[-1].checks[0].reason == "not attempted: lint failed"
    assert acted == []


def test_the_action_runs_once_its_checks_passed_and_is_recorded():
    record = RanRecord("push")
    results = run_stages(
        {Stage.PUBLISH: [passing(Stage.PUBLISH)]},
        Made(module=1),
        actions={Stage.PUBLISH: lambda: Outcome((record,), {"reference": "a:1"})},
    )
    assert results[0].verdict is Verdict.PASS
    assert results[0].checks[-1].records == (record,)
    assert results[0].outputs == {"reference": "a:1"}


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (RefusedError(["no"]), Verdict.FAIL),
        (CouldNotCheckError("no"), Verdict.INCONCLUSIVE),
        (KeyError("no"), Verdict.INCONCLUSIVE),
    ],
)
def test_an_action_that_raises_is_not_a_pass(error, verdict):
    def action() -> Outcome:
        raise error

    plan = {Stage.RELEASE: [passing(Stage.RELEASE)]}
    (result,) = run_stages(plan, Made(module=1), actions={Stage.RELEASE: action})
    assert result.verdict is verdict
    assert result.refused is isinstance(error, RefusedError)


def test_a_stage_without_checks_is_inconclusive():
    (result,) = run_stages({Stage.SCAN: []}, Made())
    assert result.verdict is Verdict.INCONCLUSIVE


def test_results_come_in_a_fixed_order_whatever_the_timing():
    names = [f"check-{number}" for number in range(20)]
    plan = {
        stage: [passing(stage, name) for name in names]
        for stage in reversed((Stage.LINT, Stage.TEST, Stage.BUILD))
    }
    results = run_stages(plan, Made(module=1), workers=7)
    assert [result.stage for result in results] == [Stage.LINT, Stage.TEST, Stage.BUILD]
    assert all([each.check for each in result.checks] == names for result in results)


def test_checks_that_start_nothing_come_first():
    order: list[str] = []

    def noting(name: str, stage: Stage, *needs: str) -> Check:
        return make_check(lambda **_: order.append(name) or [], stage=stage, name=name, needs=needs)

    plan = {
        Stage.LINT: [noting("a", Stage.LINT, "tools"), noting("b", Stage.LINT, "module")],
        Stage.SCAN: [
            noting("c", Stage.SCAN, "module", "bundle"),
            noting("d", Stage.SCAN, "module"),
        ],
    }
    lint, scan = run_stages(plan, Made(module=1, tools=Ran(), bundle=Ran()), workers=1)
    assert order == ["b", "d", "a", "c"]
    assert [each.check for each in (*lint.checks, *scan.checks)] == ["a", "b", "c", "d"]


def test_of_those_that_start_something_the_quick_come_first_and_then_the_longest():
    order: list[str] = []
    took = {"a": 0.6, "b": 0.2, "c": 4.0, "d": 0.1}

    def noting(name: str) -> Check:
        return make_check(lambda **_: order.append(name) or [], name=name, needs=("tools",))

    plan = {Stage.LINT: [noting(name) for name in took]}
    (lint,) = run_stages(plan, Made(tools=Ran()), workers=1, took=lambda each: took[each.id])
    assert order == ["b", "d", "c", "a"]
    assert [each.check for each in lint.checks] == [*took]


@pytest.mark.parametrize("kept", [False, True])
def test_no_check_begins_after_the_one_that_ends_the_run(kept):
    plan = {
        Stage.LINT: [failing(Stage.LINT, "a"), passing(Stage.LINT, "b")],
        Stage.TEST: [passing(Stage.TEST, "c")],
        Stage.PUBLISH: [passing(Stage.PUBLISH, "d")],
    }
    known = run_check(plan[Stage.LINT][0], Made(module=1)) if kept else None
    lint, test, publish = run_stages(
        plan,
        Made(module=1),
        workers=1,
        known=lambda check: known if check.id == "a" else None,
        ends=lambda result: result.verdict is Verdict.FAIL,
    )
    assert [each.verdict for each in lint.checks] == [Verdict.FAIL, Verdict.INCONCLUSIVE]
    assert lint.checks[1].reason == test.checks[0].reason == "not run: a failed"
    assert publish.verdict is Verdict.INCONCLUSIVE


def test_the_seconds_of_a_stage_are_its_own_span():
    """Not the time that its checks waited for a thread."""
    slow = make_check(lambda module: time.sleep(0.2) or [], stage=Stage.LINT)
    plan = {Stage.LINT: [slow], Stage.TEST: [passing(Stage.TEST)]}
    lint, test = run_stages(plan, Made(module=1), workers=1)
    assert lint.seconds >= 0.2
    assert test.seconds < 0.1


def test_an_interrupt_cancels_what_was_started_and_goes_on():
    made = Made(module=1)

    class Interrupting(Progress):
        def stage_ended(self, result: object) -> None:
            raise KeyboardInterrupt

    plan = {Stage.LINT_MANIFEST: [passing(Stage.LINT_MANIFEST)], Stage.LINT: [failing(Stage.LINT)]}
    with pytest.raises(KeyboardInterrupt):
        run_stages(plan, made, progress=Interrupting())
    assert made.cancelled.is_set()


@given(st.lists(st.sampled_from(Verdict)))
def test_the_worst_verdict_wins_and_nothing_at_all_is_inconclusive(verdicts):
    worst = Verdict.worst(verdicts)
    if Verdict.FAIL in verdicts:
        assert worst is Verdict.FAIL
    else:
        passed = bool(verdicts) and set(verdicts) == {Verdict.PASS}
        assert worst is (Verdict.PASS if passed else Verdict.INCONCLUSIVE)


def test_the_decorator_refuses_a_check_without_page_or_with_an_unknown_need():
    from gates.errors import CheckDefinitionError

    def pageless(module):
        """A sentence."""

    def strange(internet):
        """A sentence.

        Why: x
        Bad: x
        Good: x
        Fix: x
        """

    with pytest.raises(CheckDefinitionError, match="no Why, Bad, Good, Fix"):
        check(Stage.LINT)(pageless)
    with pytest.raises(CheckDefinitionError, match="unknown need internet"):
        check(Stage.LINT)(strange)
