"""The one verdict of a pipeline: what did not run never looks like what passed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.ci import page
from gates.ci.conclude import PLAN_JOB, conclude, read_needs
from gates.ci.plan import ACTING, CHECKING, Plan, folder_name, make_plan
from gates.ci.results import StageReport
from gates.errors import UsageError
from gates.model import Stage, Verdict

MODULES = ("a", "b")
PASSED = StageReport(Verdict.PASS, ("slug", "1.0.0", "c", "p", "0.1"), {"verdict": "pass"})
RELEASE = Plan(MODULES)
REQUEST = make_plan(MODULES, event="pull_request", publish=True)


def needs(plan, /, **changed):
    results = {stage.value: "skipped" if stage in plan.skips else "success" for stage in Stage}
    return {PLAN_JOB: "success", **results, **changed}


def found(plan, *, reports=()):
    every = {(m, s): PASSED for m in plan.modules for s in Stage if s not in plan.skips}
    return every | dict(reports)


@pytest.mark.parametrize("plan", [RELEASE, REQUEST])
def test_everything_that_was_planned_has_passed(plan):
    ended = conclude(needs(plan), plan, found(plan))
    assert (ended.verdict, ended.reasons) == (Verdict.PASS, ())


@pytest.mark.parametrize("job", [PLAN_JOB, *Stage])
@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped", "", "neutral", None])
def test_a_job_that_did_not_succeed_is_no_pass(job, result):
    results = needs(RELEASE, **{job: result})
    if result is None:
        del results[job]
    ended = conclude(results, RELEASE, found(RELEASE))
    assert ended.verdict is Verdict.INCONCLUSIVE
    assert [each.where for each in ended.reasons] == [job]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("module", MODULES)
def test_a_job_that_succeeded_without_a_report_is_no_pass(stage, module):
    reports = {k: v for k, v in found(RELEASE).items() if k != (module, stage)}
    ended = conclude(needs(RELEASE), RELEASE, reports)
    assert ended.verdict is Verdict.INCONCLUSIVE
    assert [each.where for each in ended.reasons] == [f"{stage} of {module}"]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
@pytest.mark.parametrize("stage", Stage)
def test_a_report_that_is_no_pass_weighs_more_than_its_job(stage, verdict):
    reports = found(RELEASE, reports={("a", stage): replace(PASSED, verdict=verdict)})
    assert conclude(needs(RELEASE), RELEASE, reports).verdict is verdict


def test_stages_of_different_content_are_no_pass():
    other = replace(PASSED, identity=("slug", "1.0.0", "other", "p", "0.1"))
    reports = found(RELEASE, reports={("b", Stage.SCAN): other})
    (reason,) = conclude(needs(RELEASE), RELEASE, reports).reasons
    assert "different content" in reason.message


def test_a_job_that_ran_although_it_was_to_be_left_out_is_told():
    (reason,) = conclude(needs(REQUEST, publish="success"), REQUEST, found(REQUEST)).reasons
    assert "publishes nothing" in reason.message


def test_a_job_that_nobody_knows_counts_too():
    assert conclude(needs(RELEASE, extra="failure"), RELEASE, found(RELEASE)).reasons


def test_without_a_plan_nothing_passed():
    assert conclude(needs(RELEASE), None, {}).verdict is Verdict.INCONCLUSIVE


@given(
    st.dictionaries(
        st.sampled_from([PLAN_JOB, *Stage]),
        st.sampled_from(["success", "failure", "cancelled", "skipped"]),
    ),
    st.sampled_from([RELEASE, REQUEST, make_plan((), event="push", publish=True)]),
)
def test_a_pass_means_that_every_planned_job_succeeded(results, plan):
    ended = conclude(results, plan, found(plan))
    wanted = [PLAN_JOB, *(stage for stage in Stage if stage not in plan.skips)]
    if ended.verdict is Verdict.PASS:
        assert all(results.get(each) == "success" for each in wanted)
        assert all(results.get(stage) == "skipped" for stage in plan.skips)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": {"result": 1}}', "[" * 9999])
def test_results_that_cannot_be_read_are_an_error(text):
    with pytest.raises(UsageError):
        read_needs(text)


@pytest.mark.parametrize(
    ("event", "publish", "acts"),
    [
        ("push", True, True),
        ("push", False, False),
        ("release", True, True),
        ("workflow_dispatch", True, True),
        ("pull_request", True, False),
        ("merge_group", True, False),
        ("", True, False),
    ],
)
def test_only_a_repo_of_its_own_publishes(event, publish, acts):
    plan = make_plan(MODULES, event=event, publish=publish)
    assert plan.checks
    assert plan.publishes is acts
    assert acts or set(plan.skips) == set(ACTING)
    assert set(CHECKING) | set(ACTING) == set(Stage)


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "issue_comment"])
def test_events_that_bring_secrets_to_strangers_are_refused(event):
    with pytest.raises(UsageError, match="secrets"):
        make_plan(MODULES, event=event, publish=False)


def test_nothing_changed_is_said_and_is_no_stage_that_passed():
    plan = make_plan((), event="push", publish=True, since="main")
    assert not plan.checks
    assert not plan.publishes
    ended = conclude(needs(plan), plan, {})
    assert ended.verdict is Verdict.PASS
    assert page.lines(ended, plan).count("was left out: no module has changed since main") == 7


@pytest.mark.parametrize("plan", [RELEASE, REQUEST, make_plan((), event="push", publish=True)])
def test_a_plan_is_read_back(plan):
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"modules": "ab", "skips": {}}', '{"modules": [], "skips": {"deploy": "x"}}',
     '{"modules": ["a"], "skips": {"lint": ""}}', '{"modules": [1], "skips": {}}',
     '{"modules": [], "skips": {}, "x": 1}'],
)  # fmt: skip
def test_a_plan_that_cannot_be_read_is_an_error(text):
    with pytest.raises(UsageError):
        Plan.from_json(text)


@given(st.lists(st.text(min_size=1), unique=True))
def test_folders_of_results_are_safe_and_apart(modules):
    names = [folder_name(each) for each in modules]
    assert len(set(names)) == len(names)
    assert all(n.replace("-", "").replace("_", "").isalnum() and n.isascii() for n in names)


def test_the_pages_tell_what_was_left_out_and_why():
    reports = found(REQUEST) | {("a", Stage.LINT): "there is no report: the stage did not run"}
    ended = conclude(needs(REQUEST, lint="cancelled"), REQUEST, reports)
    summary = page.summary(ended, REQUEST, reports)
    assert (
        "| a | ✓ pass | ? did not run | ✓ pass | ✓ pass | ✓ pass | left out | left out |" in summary
    )
    assert "- publish was left out: a run on pull_request publishes nothing" in summary
    document = json.loads(page.document(ended, REQUEST, reports))
    assert document["verdict"] == "inconclusive"
    assert set(document["left_out"]) == {"publish", "release"}


def test_names_of_modules_are_no_markdown_and_no_command():
    plan = Plan(("x|<b>`@all\n::error::y",))
    ended = conclude(needs(plan), plan, {})
    assert "<b>" not in page.summary(ended, plan, {})
    assert "\n::" not in page.lines(ended, plan)
