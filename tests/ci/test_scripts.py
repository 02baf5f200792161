"""The scripts and steps that workflows call: what they read, write and refuse."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess

import pytest
from click.testing import CliRunner

from gates.ci.plan import folder_name
from gates.ci.results import Results, read_report
from gates.ci.runner import SUMMARY_BYTES, add_summary, set_outputs
from gates.ci.stage import run_stage
from gates.cli import cli
from gates.errors import ConfigurationError, CouldNotCheckError
from gates.model import Stage
from tests.conftest import ROOT


def script(path):
    spec = importlib.util.spec_from_file_location("script", ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def install():
    return script(".github/actions/setup/install.py")


@pytest.mark.parametrize(
    ("version", "digest", "accepted"),
    [
        ("", "", True),
        ("1.2.3", "a" * 64, True),
        ("1.2.3", "sha256:" + "a" * 64, True),
        ("1.2.3", "", False),
        ("", "a" * 64, False),
        ("1.2", "a" * 64, False),
        ("1.2.3 --index-url=x", "a" * 64, False),
        ("1.2.3", "A" * 64, False),
    ],
)
def test_a_version_is_installed_by_its_digest_alone(
    install, monkeypatch, version, digest, accepted
):
    monkeypatch.setenv("GATES_INSTALL_VERSION", version)
    monkeypatch.setenv("GATES_INSTALL_DIGEST", digest)
    if accepted:
        assert install.cache_key().startswith("gates-")
    else:
        with pytest.raises(install.InstallError):
            install.cache_key()


def test_a_wheel_of_another_digest_is_refused(install, folder):
    (folder / "x.whl").write_bytes(b"wheel")
    digest = hashlib.sha256(b"wheel").hexdigest()
    assert install.checked_wheel(folder, digest).name == "x.whl"
    with pytest.raises(install.InstallError, match="SHA-256"):
        install.checked_wheel(folder, "0" * 64)
    (folder / "y.whl").write_bytes(b"wheel")
    with pytest.raises(install.InstallError, match="2 wheels"):
        install.checked_wheel(folder, digest)


@pytest.mark.parametrize(
    ("needs", "code"),
    [
        ({"a": "success", "b": "success"}, 0),
        ({"a": "success", "b": "skipped"}, 1),
        ({"a": "success", "b": "cancelled"}, 1),
        ({"a": "success"}, 1),
        ({"a": "success", "b": "success", "c": "failure"}, 1),
    ],
)
def test_all_jobs_of_this_repo_have_to_succeed(monkeypatch, needs, code):
    found = {job: {"result": result} for job, result in needs.items()}
    monkeypatch.setenv("NEEDS", json.dumps(found))
    monkeypatch.setattr("sys.argv", ["all_passed.py", "a", "b"])
    assert script("ci/all_passed.py").main() == code


def test_a_release_is_of_the_version_that_its_tag_names():
    problems = script("ci/release_check.py").problems
    package, changelog = '__version__ = "1.2.3"\n', "## [1.2.3] - 2026-01-01\n"
    assert problems("v1.2.3", package, changelog) == []
    assert len(problems("v1.2.4", package, changelog)) == 1
    assert len(problems("v1.2.3", package, "## [1.2.30]\n")) == 1
    assert len(problems("v1", "", "")) == 2


def test_outputs_hold_any_text(folder):
    file = folder / "output"
    set_outputs(str(file), {"a": "x\ny=z", "b": "end"})
    lines = file.read_text().splitlines()
    assert lines[1:3] == ["x", "y=z"]
    assert lines[0] == f"a<<{lines[3]}"


def test_a_summary_never_grows_too_large(folder):
    file = folder / "summary"
    for _ in range(4):
        add_summary(str(file), "a line\n\n" * 60_000)
    assert file.stat().st_size <= SUMMARY_BYTES
    assert "The summary is cut here" in file.read_text()


def test_a_module_that_cannot_be_run_keeps_no_other_from_running(folder, settings):
    results, said, ran = Results(folder / "results"), [], []

    def run(module, stage, settings, results):
        ran.append(module)
        if module == "a":
            raise ConfigurationError("the policy is wrong", hint="::error::x")
        path = dict(results.outputs(module, stage))["summary"]
        path.parent.mkdir(parents=True)
        path.write_text(f"of {module}")
        return 1

    summary = folder / "summary"
    code = run_stage(
        Stage.LINT, ["a", "b"], results, settings=settings, run=run, summary=str(summary),
        say=said.append,
    )  # fmt: skip
    assert (code, ran, summary.read_text()) == (2, ["a", "b"], "of b\n\n")
    assert said[0] == "gates: a: the policy is wrong\n"
    assert not any(line.startswith("::") for text in said for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"stages": []}',
        "\x00",
        '{"schema_version": 1, "stages": [{"stage": "test"}]}',
    ],
)
def test_a_report_that_cannot_be_read_is_no_report(folder, text):
    path = folder / folder_name("a") / "lint.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(CouldNotCheckError):
        read_report(Results(folder), "a", Stage.LINT)


def report(**changed):
    said = {"verdict": "pass"} | changed
    stage = {"stage": "lint", "verdict": said["verdict"], "checks": [{"verdict": "pass"}]}
    return json.dumps({
        "schema_version": 1, "gates_version": "1", "policy": {"digest": "p"}, "verdict": "pass",
        "module": {"slug": "s", "version": "1", "digest": "d"}, "stages": [stage],
    })  # fmt: skip


def test_a_report_is_a_plain_file_that_does_not_contradict_itself(folder):
    path = folder / folder_name("a") / "lint.json"
    path.parent.mkdir()
    path.write_text(report())
    assert read_report(Results(folder), "a", Stage.LINT).identity == ("s", "1", "d", "p", "1")
    path.write_text(report(verdict="fail"))
    with pytest.raises(CouldNotCheckError, match="contradicts"):
        read_report(Results(folder), "a", Stage.LINT)
    (folder / "other.json").write_text(report())
    path.unlink()
    path.symlink_to(folder / "other.json")
    with pytest.raises(CouldNotCheckError):
        read_report(Results(folder), "a", Stage.LINT)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "PIPELINE_PATH is not set"),
        ({"PIPELINE_PATH": "../.."}, "outside the workspace"),
        ({"PIPELINE_PATH": ".", "PIPELINE_PUBLISH": "yes"}, "true or false"),
        ({"PIPELINE_PATH": ".", "PIPELINE_PUBLISH": "true"}, "needs a catalog and a registry"),
        ({"PIPELINE_PATH": ".", "GITHUB_EVENT_NAME": "workflow_run"}, "secrets"),
    ],
)
def test_a_plan_refuses_what_makes_no_sense(folder, monkeypatch, variables, said):
    (folder / "module.json").write_text("{}")
    monkeypatch.chdir(folder)
    environment = {"GITHUB_EVENT_NAME": "push", **variables}
    ended = CliRunner().invoke(cli, ["ci", "plan"], env=environment)
    assert ended.exit_code != 0
    assert said in str(ended.exception)


@pytest.mark.parametrize("red", [None, "lint", "scan", "publish"])
def test_the_shell_template_ends_as_its_stages_do(folder, red):
    program = folder / "gates"
    program.write_text(f'#!/bin/sh\necho "ran $3"\n[ "$3" != "{red}" ] || exit 3\n')
    program.chmod(0o755)
    ended = subprocess.run(
        ["sh", ROOT / "ci" / "templates" / "gates.sh", ".", folder / "results", "publish"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )  # fmt: skip
    ran = [line.removeprefix("ran ") for line in ended.stdout.splitlines() if "ran " in line]
    ran = [each for each in ran if each in set(Stage)]
    assert ended.returncode == (3 if red else 0)
    if red is None:
        assert ran == list(Stage)
    elif red == "publish":
        assert ran == [*Stage.PUBLISH.before, "publish"]
    else:
        assert ran == list(Stage.PUBLISH.before)
