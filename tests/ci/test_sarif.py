"""The one SARIF of a pipeline, within what GitHub takes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gates.ci import page
from gates.ci.conclude import conclude
from gates.ci.plan import Plan
from gates.ci.sarif import MOST_RUNS, merged_sarif
from gates.model import Level, Stage
from gates.report import FORMATS, sarif
from tests.report.samples import everything, failed, finding
from tests.report.test_hostile import SARIF

FAILED = FORMATS["sarif"].render(failed(finding(), replace(finding(), check="mypy"))).encode()
LEAKS = FORMATS["sarif"].render(everything()).encode()


def merged(*reports):
    log = json.loads(merged_sarif(reports))
    assert not [each.message for each in SARIF.iter_errors(log)]
    return log["runs"]


def test_a_module_has_one_run_with_what_all_its_stages_found():
    one, other = merged(
        ("a", Stage.LINT, FAILED), ("a", Stage.TEST, LEAKS), ("b", Stage.TEST, LEAKS)
    )
    ids = [each["automationDetails"]["id"] for each in (one, other)]
    assert ids == ["axon-gates/a/", "axon-gates/b/"]
    apart = [json.loads(each)["runs"][0] for each in (FAILED, LEAKS)]
    assert len(one["results"]) == sum(len(each["results"]) for each in apart)
    assert [each["executionSuccessful"] for each in one["invocations"]] == [True, False]
    rules = one["tool"]["driver"]["rules"]
    assert len({each["id"] for each in rules}) == len(rules)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in one["results"])


def test_more_modules_than_github_takes_are_cut_with_a_sentence():
    names = tuple(f"m{number}" for number in range(MOST_RUNS + 3))
    runs = merged(*((each, Stage.LINT, LEAKS if each != "m22" else FAILED) for each in names))
    assert len(runs) == MOST_RUNS
    plan = Plan(names)
    said = page.summary(conclude({}, plan, {}), plan, {})
    assert "of the other 3 each stage has its own" in said
    fewer = Plan(names[:MOST_RUNS])
    assert "pipeline.sarif" not in page.summary(conclude({}, fewer, {}), fewer, {})


@pytest.mark.parametrize("limits", [{"MOST": 30}, {"ROOM": 10_000}])
def test_more_results_than_github_takes_are_cut_with_a_sentence(monkeypatch, limits):
    for name, value in limits.items():
        monkeypatch.setattr(sarif, name, value)
    notes = [finding(f"{number}", level=Level.NOTE) for number in range(60)]
    errors = [finding(f"error {number}") for number in range(4)]
    log = json.loads(FORMATS["sarif"].render(failed(*notes, *errors)))
    assert not [each.message for each in SARIF.iter_errors(log)]
    (run,) = log["runs"]
    kept = run["results"]
    assert 4 < len(kept) <= 30
    assert sum(each["level"] == "error" for each in kept) == 4
    (note,) = run["invocations"][-1]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith(f"{64 - len(kept)} more results did not fit")


@pytest.mark.parametrize(
    "text",
    ["[]", '{"runs": [1]}', '{"runs": [{"tool": {"driver": {"rules": []}}, "results": [{}]}]}',
     '{"runs": [{"tool": {"driver": {"rules": []}}, "results": [], "invocations": 1}]}'],
)  # fmt: skip
def test_what_is_no_sarif_is_no_sarif_of_a_pipeline(text):
    with pytest.raises(ValueError, match="cannot be read"):
        merged_sarif([("a", Stage.LINT, text.encode())])
