"""Runs of the workflow on demand (`nox -s workflows`): red in each stage, skipped, monorepo."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace

import pytest

from gates.ci.plan import ACTING, CHECKING
from gates.ci.shards import PER_JOB
from gates.model import Stage
from tests.ci.github_api import REPOSITORY, GitHub, serving
from tests.workflows.test_runs import EVERY, RELEASE, SECRETS


@pytest.mark.parametrize("stage", Stage)
def test_a_red_stage_makes_the_pipeline_red(cheap, stage):
    ran = cheap({".": {stage: "fail"}}, **RELEASE).run(secrets=SECRETS)
    assert ran.code != 0
    assert ran.results[stage] == "failure"
    assert ran.results["conclude"] == "failure"
    assert ran.output("verdict") == "fail"
    later = {each for each in ACTING if stage in each.before}
    assert ran.jobs == EVERY - later


@pytest.mark.parametrize("stage", [Stage.LINT, Stage.SCAN])
def test_an_inconclusive_stage_is_no_pass(cheap, stage):
    ran = cheap({".": {stage: "inconclusive"}}, **RELEASE).run(secrets=SECRETS)
    assert ran.output("verdict") == "inconclusive"
    assert not ran.jobs & set(ACTING)


def test_a_skipped_stage_without_a_reason_is_no_pass(cheap):
    act = cheap({".": {}}, **RELEASE)
    act.command("push", {}, {})
    path = act.folder / "product" / ".github" / "workflows" / "module-pipeline.yml"
    text = path.read_text()
    name = "  scan:\n    name: scan ${{ matrix.shard }}\n"
    needs = "    needs: [plan, lint-manifest, build]\n"
    condition = "    if: ${{ !cancelled() && needs.plan.outputs.checks == 'true' }}\n"
    assert name + needs + condition in text
    path.write_text(text.replace(name + needs + condition, f"{name}{needs}    if: false\n"))
    ran = act.run(secrets=SECRETS)
    assert ran.code != 0
    assert "scan" not in ran.jobs
    assert ran.output("verdict") == "inconclusive"
    assert "scan: the job was skipped, and no reason is listed for it" in ran.text


def test_an_event_with_secrets_for_strangers_is_refused(cheap):
    ran = cheap({".": {}}, **RELEASE).run("pull_request_target", secrets=SECRETS)
    assert ran.code != 0
    assert ran.jobs == {"plan", "conclude"}
    assert ran.output("verdict") == "inconclusive"


def test_a_monorepo_runs_what_changed_in_shards(cheap):
    names = [f"modules/m{number}" for number in range(PER_JOB + 2)]
    act = cheap({each: {} for each in names}, path="modules", **{"changed-since": "base"})
    _tag(act)
    for each in names[1:]:
        (act.repo / each / "new.txt").write_text("x")
    (act.repo / names[2] / "verdicts.json").write_text('{"lint": "fail"}')
    act.commit()
    ran = act.run()
    assert ran.jobs == EVERY - set(ACTING)
    # act gives all jobs of a matrix one result, so the reports say which of them was red.
    assert {"lint", "lint#2"} <= set(ran.results)
    report = json.loads((act.artefacts / "pipeline-report" / "pipeline.json").read_text())
    assert [each["path"] for each in report["modules"]] == names[1:]
    assert [e["where"] for e in report["reasons"]] == ["lint", f"lint of {names[2]}"]
    assert all(len(each["reports"]) == len(CHECKING) for each in report["modules"])
    assert ran.output("verdict") == "fail"


def test_a_monorepo_without_changes_says_so(cheap):
    act = cheap({"modules/a": {}}, path="modules", **{"changed-since": "base"})
    _tag(act)
    ran = act.run()
    assert ran.code == 0
    assert ran.jobs == {"plan", "conclude"}
    assert "was left out: no module has changed since base" in ran.text


def _tag(act):
    subprocess.run(["git", "-C", act.repo, "tag", "base"], check=True)


def test_a_pull_request_gets_one_comment_that_is_edited_when_something_changed(cheap):
    act = cheap({".": {}}, **RELEASE)
    head = {"repo": {"full_name": REPOSITORY}}
    payload = {"pull_request": {"number": 7, "head": head}}
    said = []
    with serving(GitHub()) as github:
        for verdict in ("fail", "fail", "pass"):
            (act.repo / "verdicts.json").write_text(json.dumps({"lint": verdict}))
            act.commit()
            ran = replace(act, api=github.url).run("pull_request", payload=payload)
            assert ran.results["comment"] == "success"
            assert ran.output("verdict") == verdict
            said.append(re.search(r"the comment [^:\n]+", ran.text)[0])
    assert said == ["the comment was made", "the comment stands as it is", "the comment was edited"]
    assert [each.partition(" ")[0] for each in github.written] == ["POST", "PATCH"]
    (comment,) = github.comments
    assert "Gates: pass" in comment["body"]
