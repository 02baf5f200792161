"""Findings are written when their check has ended, once each, and nothing is lost."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.model import CheckResult, Finding, Level, Location, Stage, StageResult, Verdict
from gates.report import Report, html, markdown, sarif
from gates.report import json as json_report
from gates.report.doubles import Places
from gates.report.stream import FindingsAsTheyCome
from gates.report.text import render
from gates.stages import run_stages
from tests.core.test_run import Made, Ran, make_check


def stream(written: list[str], *, at_once: bool = True, notes: bool = False) -> FindingsAsTheyCome:
    return FindingsAsTheyCome(written.append, at_once=at_once, colour=False, notes=notes)


def finding(check: str, line: int, rule: str | None = None, message: str = "") -> Finding:
    said = message or f"{check} says so"
    return Finding(check, said, Location("src/a.py", line), Level.ERROR, rule=rule)


def result(check: str, *findings: Finding) -> CheckResult:
    return CheckResult(check, Verdict.FAIL if findings else Verdict.PASS, findings)


def report_of(*stages: StageResult) -> Report:
    return Report("1", "m", "m", "1.0.0", "a" * 64, "b" * 64, (), stages)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_cheap_check_is_read_while_a_slow_one_still_runs(at_once):
    """By the order of events: the slow check ends only once the other's finding is written."""
    written: list[str] = []
    seen = threading.Event()

    def write(text: str) -> None:
        written.append(text)
        seen.set()

    def cheap(module: object) -> list[Finding]:
        return [finding("cheap", 3)]

    def slow(tools: object) -> list[Finding]:
        assert seen.wait(10), "nothing was written before the run had ended"
        return [finding("slow", 4)]

    plan = {
        Stage.LINT: [
            make_check(cheap, stage=Stage.LINT, name="cheap", needs=("module",)),
            make_check(slow, stage=Stage.LINT, name="slow", needs=("tools",)),
        ]
    }
    told = FindingsAsTheyCome(write, at_once=at_once, colour=False, notes=False)
    run_stages(plan, Made(module=1, tools=Ran()), progress=told)
    assert ["cheap says so" in each for each in written] == [True, False]
    assert "slow says so" in written[1]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_elsewhere_than_on_a_terminal_the_order_is_the_report_s(data):
    """Whatever the order in which checks end; and each finding is written exactly once."""
    checks = [f"check-{number}" for number in range(data.draw(st.integers(1, 6)))]
    results = [
        result(each, *(finding(each, line) for line in data.draw(st.sets(st.integers(1, 3)))))
        for each in checks
    ]
    stage = StageResult(Stage.LINT, tuple(results))
    for at_once in (True, False):
        written: list[str] = []
        told = stream(written, at_once=at_once)
        told.planned({Stage.LINT: checks})
        for each in data.draw(st.permutations(results)):
            told.check_ended(Stage.LINT, each)
        told.stage_ended(stage)
        text = "".join(written) + told.rest(report_of(stage))
        whole = render(report_of(stage))
        assert text == whole if not at_once else sorted(text) == sorted(whole)


def test_what_may_follow_from_a_module_that_is_not_found_comes_last_and_in_short():
    cause = finding("tsc", 1, "TS2307", "Cannot find module '@axon/core'")
    follows = finding("oxlint", 2, "@typescript-eslint/no-unsafe-call", "unsafe call of any")
    again = replace(cause, location=Location("src/b.ts", 1))
    stage = StageResult(Stage.LINT, (result("oxlint", follows), result("tsc", cause, again)))
    written: list[str] = []
    told = stream(written)
    for each in stage.checks:
        told.check_ended(Stage.LINT, each)
    assert "".join(written).count("Cannot find module") == 1
    rest = told.rest(report_of(stage))
    assert "2 findings[lint] that may follow" in rest
    assert "src/b.ts:1" in rest


def test_notes_are_left_out_unless_asked_for():
    note = replace(finding("a", 1), level=Level.NOTE)
    for notes in (False, True):
        written: list[str] = []
        stream(written, notes=notes).check_ended(Stage.LINT, result("a", note))
        assert bool(written) is notes


PAIRS = [
    ("platform-logger", None, "ruff", "T201"),
    ("platform-logger", None, "oxlint", "no-console"),
    ("errors-thrown", None, "oxlint", "@typescript-eslint/only-throw-error"),
    ("public-any", None, "oxlint", "@typescript-eslint/no-explicit-any"),
    ("public-any", None, "ruff", "ANN401"),
    ("capabilities", None, "bandit", "B404"),
    ("ruff", "F821", "mypy", "name-defined"),
    ("ruff", "ANN001", "mypy", "no-untyped-def"),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[1] or pair[0]}-{pair[3]}")
@pytest.mark.parametrize("turned", [False, True])
def test_one_fault_that_two_checks_report_is_read_once(pair, turned):
    ours, theirs = finding(pair[0], 7, pair[1]), finding(pair[2], 7, pair[3])
    first, second = (theirs, ours) if turned else (ours, theirs)
    stage = StageResult(Stage.LINT, (result(first.check, first), result(second.check, second)))
    text = render(report_of(stage))
    assert f"{first.check} says so" in text
    assert f"{second.check} says so" not in text
    assert f"also found[lint {second.check}] src/a.py:7" in text


@pytest.mark.parametrize(
    "other",
    [
        finding("ruff", 8, "T201"),
        finding("ruff", 7, "F401"),
        replace(finding("ruff", 7, "T201"), location=Location("src/b.py", 7)),
        finding("platform-logger", 7, message="another call on this line"),
    ],
    ids=["another line", "another fault", "another file", "the same check"],
)
def test_what_only_one_check_reports_is_never_lost(other):
    places = Places()
    assert places.add(finding("platform-logger", 7)) is None
    assert places.add(other) is None


def test_a_finding_without_a_line_is_no_double():
    places = Places()
    for check in ("platform-logger", "ruff"):
        found = Finding(check, "m", Location("src/a.py"), Level.ERROR, rule="T201")
        assert places.add(found) is None


def test_formats_for_machines_hold_both_and_name_the_first():
    first, second = finding("platform-logger", 7), finding("ruff", 7, "T201")
    other = finding("ruff", 8, "T201")
    report = report_of(
        StageResult(Stage.LINT, (result("platform-logger", first), result("ruff", second, other)))
    )
    (stage,) = json.loads(json_report.render(report))["stages"]
    told = [each["duplicate_of"] for one in stage["checks"] for each in one["findings"]]
    assert told == [None, first.fingerprint, None]
    (run,) = json.loads(sarif.render(report))["runs"]
    assert [each["properties"].get("duplicateOf") for each in run["results"]] == told


def test_the_reports_for_people_tell_it_once():
    first, second = finding("platform-logger", 7), finding("ruff", 7, "T201")
    report = report_of(
        StageResult(Stage.LINT, (result("platform-logger", first), result("ruff", second)))
    )
    for shown in (html.render(report), markdown.summary(report)):
        assert shown.count(first.message) == 1
        assert shown.count("the same fault as platform-logger reports there") == 1
        assert "T201" in shown


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("security/detect-child-process", "command-injection"),
        ("security/detect-non-literal-fs-filename", "path-traversal"),
        ("B310", "request-forgery"),
    ],
)
def test_what_follows_from_outside_and_the_call_it_arrives_at_are_one_fault(first, second):
    places = Places()
    told = finding("eslint-security", 7, first)
    assert places.add(told) is None
    assert places.add(finding("injection", 7, second)) is told
