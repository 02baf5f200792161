"""What linters and a look at the files hold of the workflows, actions and templates."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from gates.ci.plan import ACTING, CHECKING
from gates.ci.results import Results
from gates.evidence.store import BUNDLE
from gates.model import Stage
from gates.stages import WAVES
from tests.conftest import ROOT

BIN = Path(sysconfig.get_path("scripts"))
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").rglob("action.yml"))
FILES = [*WORKFLOWS, *ACTIONS]
PIPELINE = GITHUB / "workflows" / "module-pipeline.yml"
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)+$")
AGGREGATORS = {"module-pipeline.yml": "conclude", "ci.yml": "all-passed"}


def jobs(path):
    return yaml.safe_load(path.read_text("utf-8"))["jobs"]


def steps(path):
    document = yaml.safe_load(path.read_text("utf-8"))
    if "runs" in document:
        return document["runs"]["steps"]
    return [step for job in document["jobs"].values() for step in job.get("steps", ())]


def name(path):
    return str(path.relative_to(GITHUB))


def lint(program, *arguments, cwd=ROOT):
    command = [BIN / program, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_actionlint_finds_nothing():
    ended = lint("actionlint", *WORKFLOWS)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_zizmor_finds_nothing_but_what_is_excepted_with_a_reason():
    ended = lint("zizmor", "--offline", "--no-progress", "--pedantic", ".github")
    assert ended.returncode == 0, ended.stdout
    for path in FILES:
        lines = path.read_text("utf-8").splitlines()
        for before, line in pairwise(lines):
            assert "zizmor: ignore" not in line or before.strip().startswith("# "), line


@pytest.mark.parametrize(
    ("program", "arguments", "text", "changed"),
    [
        ("actionlint", [], "needs: [plan, lint-manifest]", "needs: [plan, lint-manifestt]"),
        ("actionlint", [], "cache-mode: read", "cache-mode: some"),
        ("zizmor", ["--offline", "--pedantic"], "permissions: {}", "permissions: write-all"),
        ("zizmor", ["--offline", "--pedantic"], "run: gates ci plan",
         "run: gates ci plan ${{ inputs.path }}"),
    ],
)  # fmt: skip
def test_the_linters_see_a_fault(folder, program, arguments, text, changed):
    copied = folder / "repo" / ".github"
    shutil.copytree(GITHUB, copied)
    path = copied / "workflows" / PIPELINE.name
    assert text in path.read_text()
    path.write_text(path.read_text().replace(text, changed))
    assert lint(program, *arguments, path, cwd=folder / "repo").returncode != 0


@pytest.mark.parametrize("path", FILES, ids=name)
def test_actions_of_others_are_pinned_by_digest(path):
    for line in path.read_text("utf-8").splitlines():
        if "uses:" in line and "uses: $/" not in line:
            assert PINNED.search(line.strip()), line


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_value_is_expanded_in_a_script(path):
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_permissions_are_given_by_job_and_every_job_ends(path):
    document = yaml.safe_load(path.read_text("utf-8"))
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert "permissions" in job
        assert "uses" in job or job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_every_job_is_in_the_needs_of_the_one_that_is_required(path):
    if path.name not in AGGREGATORS:
        return
    found = jobs(path)
    required = AGGREGATORS[path.name]
    after = {job for job, each in found.items() if each.get("needs") == [required]}
    assert after == ({"comment"} if path == PIPELINE else set())
    assert set(found[required]["needs"]) == set(found) - {required} - after
    assert found[required]["if"] == "always()"


def test_each_job_has_the_least_permissions_and_only_stages_may_sign():
    found = {job: each["permissions"] for job, each in jobs(PIPELINE).items()}
    assert found == {
        "plan": {"contents": "read"},
        **{stage: {"contents": "read", "id-token": "write"} for stage in Stage},
        "conclude": {},
        "comment": {"pull-requests": "write"},
    }


def test_callers_grant_what_the_jobs_ask_for_and_no_more():
    """GitHub starts no workflow of which a called job asks for more than its caller grants."""
    wanted = {}
    for each in jobs(PIPELINE).values():
        wanted |= each["permissions"]
    own = jobs(GITHUB / "workflows" / "ci.yml")["examples"]
    assert own["permissions"] == wanted
    pages = [(ROOT / each).read_text("utf-8") for each in ("README.md", "docs/ci.md")]
    shown = [e for page in pages for e in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    called = [yaml.safe_load(each)["jobs"]["gates"] for each in shown if "\njobs:" in each]
    assert [each["permissions"] for each in called] == [wanted, wanted]


def test_the_job_that_comments_decides_nothing_and_has_no_secret():
    job = jobs(PIPELINE)["comment"]
    assert "secrets." not in yaml.safe_dump(job)
    assert "!cancelled()" in job["if"]
    assert job["continue-on-error"] is True
    every = {**jobs(PIPELINE), "comment": {}}
    assert not any("continue-on-error" in yaml.safe_dump(each) for each in every.values())
    tokens = [each for each in FILES if "github.token" in each.read_text("utf-8")]
    assert tokens == [PIPELINE]
    assert PIPELINE.read_text("utf-8").count("github.token") == 1


def test_stages_are_jobs_in_order_and_wait_for_the_waves_before():
    found = jobs(PIPELINE)
    assert list(found) == ["plan", *Stage, "conclude", "comment"]
    before: list[str] = ["plan"]
    for wave in WAVES:
        for stage in wave:
            assert set(before) <= set(found[stage]["needs"]), stage
            assert found[stage]["steps"][2]["with"]["stage"] == stage
        before += wave
    assert "build" in found["scan"]["needs"]


def test_secrets_are_given_only_where_they_are_used():
    for job, found in jobs(PIPELINE).items():
        text = yaml.safe_dump(found)
        assert ("secrets.signing-key" in text) == (job in set(Stage))
        assert ("secrets.catalog-read-url" in text) == (job in set(CHECKING))
        writes = "secrets.catalog-write-url ||" in text
        assert writes == (job in set(ACTING))


def test_caches_are_written_by_no_job_that_runs_a_module():
    for job, found in jobs(PIPELINE).items():
        mode = found.get("cache-mode", "write")
        setup = next(each for each in found["steps"] if each["uses"].endswith("/setup")) \
            if job != "plan" else None  # fmt: skip
        wanted = {"plan": "write", **dict.fromkeys(CHECKING, "read")}.get(job, "none")
        assert mode == wanted
        assert setup is None or setup["with"]["cache"] == wanted.replace("read", "restore")


@pytest.mark.parametrize("stage", [Stage.PUBLISH, Stage.RELEASE])
def test_publish_and_release_ask_for_nothing_that_runs_the_code_of_a_module(stage):
    from gates.check import stage_checks

    asked = {need for each in stage_checks(stage) for need in each.needs}
    assert not asked & {"tools", "tests", "bundle", "database"}


def test_the_page_has_every_input_secret_and_output():
    called = yaml.safe_load(PIPELINE.read_text("utf-8"))[True]["workflow_call"]
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert told == {*called["inputs"], *called["secrets"], *called["outputs"]}


def carried():
    """The files that each kind of pipeline takes from a stage, below the folder of all results."""
    action = yaml.safe_load((GITHUB / "actions" / "stage" / "action.yml").read_text("utf-8"))
    uploaded = action["runs"]["steps"][-1]["with"]["path"]
    yield [each.partition("gates-results/")[2].replace("${{ inputs.stage }}", "STAGE")
           for each in uploaded.split("\n") if each]  # fmt: skip
    template = yaml.safe_load(
        (ROOT / "ci" / "templates" / "gates.gitlab-ci.yml").read_text("utf-8")
    )
    yield [each.partition("gates-results/")[2].replace("$CI_JOB_NAME", "STAGE")
           for each in template[".gates"]["artifacts"]["paths"]]  # fmt: skip


@pytest.mark.parametrize("paths", [*carried()], ids=["GitHub", "GitLab"])
def test_later_jobs_get_all_that_a_stage_left_and_nothing_of_another(folder, paths):
    results = Results(folder)
    for stage in Stage:
        for _, path in results.outputs("m", stage):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        results.evidence("m").mkdir(exist_ok=True)
        (results.evidence("m") / f"{stage}.dsse.json").touch()
    (results.evidence("m") / BUNDLE).touch()
    found = {
        stage: {path for each in paths for path in folder.glob(each.replace("STAGE", stage))}
        for stage in Stage
    }
    every = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path for each in found.values() for path in each) == sorted(every)
    assert results.evidence("m") / BUNDLE in found[Stage.BUILD]
