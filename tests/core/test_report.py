"""The reports that people and programs read."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gates.model import (
    CheckResult,
    Finding,
    Level,
    Location,
    RanRecord,
    Stage,
    StageResult,
    Verdict,
)
from gates.module.schemas import load_schema
from gates.report import FORMATS, Report
from gates.report.text import render

FINDING = Finding(
    "eslint",
    "Unexpected any.",
    Location("src/index.ts", 3, 8, 11),
    fix="write the type",
    excerpt="let a: any = 1;",
    rule="no-explicit-any",
)


def report(*stages: StageResult) -> Report:
    return Report("0.1.0", "/m", "sample", "1.0.0", "ab" * 32, "cd" * 32, (), stages, 1.25)


def failed(*findings: Finding) -> Report:
    return report(StageResult(Stage.LINT, (CheckResult("eslint", Verdict.FAIL, findings),), 2.0))


def test_a_finding_shows_its_line_with_a_caret_and_the_fix():
    text = render(failed(FINDING))
    assert text.splitlines()[:5] == [
        "error[lint eslint] src/index.ts:3:8",
        "   Unexpected any. (no-explicit-any)",
        "   3 | let a: any = 1;",
        "     |        ^^^",
        "   fix: write the type",
    ]


def test_the_summary_ends_with_the_verdict():
    assert render(failed(FINDING)).splitlines()[-1] == "✗ failed in 1.2 s"


def test_inconclusive_says_what_was_missing_and_what_helps():
    result = CheckResult("ruff", Verdict.INCONCLUSIVE, reason="ruff is missing", hint="pip install")
    text = render(report(StageResult(Stage.LINT, (result,))))
    assert "inconclusive[lint ruff]\n   ruff is missing\n   help: pip install\n" in text
    assert text.endswith("? inconclusive: what could not be checked has not passed in 1.2 s\n")


def test_notes_are_shown_on_demand_only():
    note = Finding("eslint", "first version", Location("module.json"), Level.NOTE)
    quiet = report(StageResult(Stage.LINT, (CheckResult("eslint", Verdict.PASS, (note,)),)))
    assert "first version" not in render(quiet)
    assert "first version" in render(quiet, notes=True)


def test_text_of_a_module_reaches_no_terminal_as_an_escape():
    hostile = Finding("eslint", "a\x1b[2Jb\u202ec\rd", Location("src/\x1b]0;x\x07.ts"))
    text = render(failed(hostile), colour=False)
    assert "\x1b" not in text
    assert "\r" not in text
    assert "\u202e" not in text


def test_colours_only_where_asked():
    assert "\x1b[" in render(failed(FINDING), colour=True)


texts = st.text(st.characters(codec="utf-8"), max_size=30)
findings = st.builds(
    Finding,
    check=st.just("eslint"),
    message=texts,
    location=st.builds(
        Location,
        path=texts,
        line=st.none() | st.integers(1, 5),
        column=st.none() | st.integers(1, 80),
        end_column=st.none() | st.integers(1, 80),
        object=st.none() | texts,
    ),
    level=st.sampled_from(Level),
    fix=st.none() | texts,
    detail=st.none() | texts,
    excerpt=st.none() | texts,
    rule=st.none() | texts,
)


@given(st.lists(findings, max_size=3), st.sampled_from(Verdict))
def test_any_finding_renders_and_the_json_meets_its_schema(found, verdict):
    records = (RanRecord("eslint", "9.0", 0, 3, 0.1, ""),)
    result = CheckResult("eslint", verdict, tuple(found), tuple(found), records, "r", "h")
    made = report(StageResult(Stage.LINT, (result,), 0.5, {"row": "x"}, "2026-11-24T00:00:00Z"))
    assert render(made)
    document = json.loads(FORMATS["json"].render(made))
    Draft202012Validator(load_schema("report.v1")).validate(document)
    assert document["exit_code"] == verdict.exit_code


def test_refused_evidence_has_its_own_exit_code():
    refused = CheckResult("release", Verdict.FAIL, refused=True)
    assert report(StageResult(Stage.RELEASE, (refused,))).exit_code == 4


def test_stages_that_ran_side_by_side_are_said_to():
    result = (CheckResult("eslint", Verdict.PASS),)
    stages = (StageResult(Stage.LINT, result, 1.0), StageResult(Stage.TEST, result, 1.2))
    assert render(report(*stages)).splitlines()[-1] == "✓ passed in 1.2 s, with stages side by side"
    assert render(report(stages[0])).splitlines()[-1] == "✓ passed in 1.2 s"
