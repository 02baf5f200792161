"""Causes come before consequences, in the text report and wherever a report is cut."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.model import CheckResult, Finding, Level, Location, Stage, StageResult, Verdict
from gates.report import Report, github, markdown
from gates.report.causes import NOT_FOUND, Standing, Told, standings
from gates.report.text import render
from tests.ci.test_comment import FINDING, said
from tests.report.samples import report

CAUSE = Finding(
    "tsc",
    "Cannot find module '@axon/core' or its corresponding type declarations.",
    Location("src/index.ts", 1, 20),
    rule="TS2307",
)
UNSAFE = [
    Finding(
        "eslint",
        "Unsafe call of a type that could not be resolved.",
        Location("src/api.ts", line, 3),
        fix="give the value a type",
        rule="@typescript-eslint/no-unsafe-call",
    )
    for line in range(1, 116)
]
CONSOLE = Finding("eslint", "Unexpected console.", Location("src/z.ts", 9), rule="no-console")


def lint(*more: Finding) -> Report:
    """The checks in the order of their ids: what follows stands before its cause."""
    checks = (
        CheckResult("eslint", Verdict.FAIL, (*UNSAFE, CONSOLE)),
        CheckResult("tsc", Verdict.FAIL, more),
    )
    return report(StageResult(Stage.LINT, checks))


def test_the_text_report_begins_with_the_cause_and_groups_what_may_follow():
    lines = render(lint(CAUSE)).splitlines()
    assert lines[0] == "error[lint tsc] src/index.ts:1:20"
    assert lines[3] == "error[lint eslint] src/z.ts:9"
    group = "115 findings[lint] that may follow from the module that was not found"
    assert lines[6] == group
    assert lines[7] == (
        "   error[eslint] src/api.ts:1:3  Unsafe call of a type that could not be resolved."
        " (@typescript-eslint/no-unsafe-call)"
    )
    assert sum("no-unsafe-call" in line for line in lines) == 115


def test_without_a_cause_nothing_follows():
    text = render(lint())
    assert text.startswith("error[lint eslint] src/api.ts:1:3\n")
    assert "may follow" not in text


def test_annotations_begin_with_the_cause():
    lines = github.render(lint(CAUSE)).splitlines()
    assert "Cannot find module" in lines[0]
    assert "Unexpected console" in lines[1]


@pytest.mark.parametrize("form", [markdown.summary, markdown.comment])
def test_comments_begin_with_the_cause(form):
    text = form(lint(CAUSE))
    assert text.index("Cannot find module") < text.index("Unexpected console")
    assert text.index("Unexpected console") < text.index("Unsafe call")


def test_the_comment_of_a_pipeline_begins_with_the_cause():
    cause = {**FINDING, "check": "tsc", "rule": "TS2307", "message": "Cannot find module"}
    unsafe = {**FINDING, "check": "eslint", "rule": UNSAFE[0].rule, "message": "Unsafe call"}
    text = said(unsafe, FINDING, cause)
    places = [text.index(each) for each in ("Cannot find", "leaks", "Unsafe call")]
    assert places == sorted(places)


def test_a_cause_that_is_said_again_for_another_place_stands_behind():
    again = replace(CAUSE, location=Location("src/other.ts", 2, 4))
    other = replace(CAUSE, message="Cannot find module '@axon/logger'")
    lines = render(lint(CAUSE, again, other)).splitlines()
    assert [line for line in lines if line.startswith("error[lint tsc]")] == [
        "error[lint tsc] src/index.ts:1:20",
        "error[lint tsc] src/index.ts:1:20",
    ]
    assert "116 findings[lint] that may follow" in "\n".join(lines)


def test_nothing_follows_in_another_module():
    told = [
        Told("a", "tsc", "TS2307", "Cannot find module"),
        Told("b", "eslint", "@typescript-eslint/no-unsafe-call", "Unsafe"),
        Told("a", "mypy", "misc", 'Class cannot subclass "Base" (has type "Any")'),
        Told("a", "mypy", "misc", "Overlapping overloads"),
    ]
    assert standings(told) == [
        Standing.CAUSE,
        Standing.OTHER,
        Standing.FOLLOWS,
        Standing.OTHER,
    ]


RULES = st.sampled_from(["no-console", "TS7006", UNSAFE[0].rule, "misc", *sorted(NOT_FOUND)])
FOUND = st.builds(
    Finding,
    check=st.sampled_from(["eslint", "tsc", "mypy", "public-any"]),
    message=st.sampled_from(["x", "y", "z"]),
    location=st.builds(Location, path=st.just("a"), line=st.integers(1, 3)),
    level=st.sampled_from(Level),
    rule=st.none() | RULES,
)


@given(st.lists(FOUND, max_size=12, unique=True))
def test_nothing_is_dropped(found):
    checks = (CheckResult("eslint", Verdict.FAIL, tuple(found)),)
    made = report(StageResult(Stage.LINT, checks))
    text = render(made, notes=True)
    assert sum(": " not in line and " a:" in line for line in text.splitlines()) == len(found)
    assert standings([]) == []
