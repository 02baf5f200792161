"""The workflow really runs, by act: which jobs ran, and what the one verdict was.

Three runs, with stages that cost nothing; `nox -s workflows` runs many more (tests/pipelines).
"""

from __future__ import annotations

import json
from dataclasses import replace

from gates.ci.plan import ACTING, CHECKING
from gates.model import Stage
from tests.ci.github_api import GitHub, serving

RELEASE = {"publish": True, "catalog": "state/catalog", "registry": "state/registry"}
SECRETS = {"signing-key": "THE-KEY", "catalog-read-url": "x/reads", "catalog-write-url": "x/writes"}
EVERY = {"plan", *Stage, "conclude"}
"""Jobs of a run that publishes; on a pull request there is the comment, too."""


def test_a_green_module_runs_every_job(cheap):
    ran = cheap({".": {}}, **RELEASE).run(secrets=SECRETS)
    assert ran.code == 0, ran.text
    assert ran.results == dict.fromkeys(EVERY, "success")
    assert ran.output("verdict") == "pass"
    assert ran.text.count("catalog: writes") == len(ACTING)
    assert ran.text.count("catalog: reads") == len(CHECKING)
    assert "THE-KEY" not in ran.text


def test_a_pull_request_of_a_fork_publishes_nothing_and_tells_a_stage_that_left_no_report(cheap):
    act = cheap({".": {"test": "crash"}}, **RELEASE)
    head = {"repo": {"full_name": "stranger/notes"}}
    with serving(GitHub(status={"POST": 403})) as github:
        ran = replace(act, api=github.url).run(
            "pull_request", secrets=SECRETS, payload={"pull_request": {"number": 7, "head": head}}
        )
    assert ran.code != 0
    assert ran.jobs == (EVERY | {"comment"}) - set(ACTING)
    assert ran.results["comment"] == "success"
    assert "the pull request comes from a fork, and its token may only read" in ran.text
    assert [each.partition(" ")[0] for each in github.asked] == ["GET", "POST"]
    assert ran.results["lint"] == "success"
    assert ran.results["conclude"] == "failure"
    assert ran.output("verdict") == "inconclusive"
    assert "signing key: 'none'" in ran.text
    report = json.loads((act.artefacts / "pipeline-report" / "pipeline.json").read_text())
    assert report["left_out"] == dict.fromkeys(ACTING, "a run on pull_request publishes nothing")
    assert "test of ." in {each["where"] for each in report["reasons"]}


def test_a_cancelled_run_says_nowhere_that_it_passed(cheap, folder):
    began = folder / "began"
    act = cheap({".": {"lint-manifest": "sleep"}}, **RELEASE)
    ran = act.run(
        secrets=SECRETS, environment={"CHEAP_GATES_BEGAN": str(began)}, interrupt_when=began
    )
    assert began.exists()
    assert ran.code != 0
    assert not ran.jobs & {"lint", "publish", "release"}
    assert ran.results.get("lint-manifest") != "success"
    assert ran.output("verdict") != "pass"
