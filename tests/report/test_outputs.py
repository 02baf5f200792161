"""`--output FORMAT=FILE`: several at once, whole files, also where a run is interrupted."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from gates import pipeline
from gates.cli import cli
from gates.commands import outputs
from gates.errors import UsageError
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.report import FORMATS
from tests.report.samples import everything


@pytest.fixture
def ran(monkeypatch):
    monkeypatch.setattr(pipeline, "run_pipeline", lambda *_, **__: everything())


def gates(*arguments: object):
    return CliRunner().invoke(cli, [*map(str, arguments)])


def test_every_format_at_once(ran, tmp_path):
    wanted = [f"--output={name}={tmp_path / 'new' / name}" for name in FORMATS]
    ended = gates("run", tmp_path, "-q", *wanted)
    assert ended.exit_code == 1
    assert "✗ failed" in ended.output
    for name, form in FORMATS.items():
        assert (tmp_path / "new" / name).read_text("utf-8") == form.render(everything())
    assert {each.name for each in (tmp_path / "new").iterdir()} == set(FORMATS)


def test_standard_output_takes_several_in_their_order(ran, tmp_path):
    ended = gates("run", tmp_path, "-q", "--output=github=-", "--output=text=-")
    assert ended.output == FORMATS["github"].render(everything()) + FORMATS["text"].render(
        everything()
    )


def test_the_help_names_every_format():
    shown = gates("lint", "--help").output
    for name, form in FORMATS.items():
        assert f"{name:<9} {form.summary}" in shown


@pytest.mark.parametrize("given", ["text", "yaml=x", "json=", "=x"])
def test_what_is_no_format_and_file_is_wrong_usage(given, tmp_path):
    assert gates("run", tmp_path, "--output", given).exit_code == 2


def test_two_reports_are_not_one_file(ran, tmp_path):
    same = tmp_path / "x"
    with pytest.raises(UsageError, match="cannot be one file"):
        outputs.prepare([("text", same), ("json", tmp_path / "." / "x")])


def test_one_that_fails_keeps_no_other_from_being_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="could not be written"):
        outputs.write([("text", tmp_path / "file" / "a"), ("json", tmp_path / "b")], everything())
    assert json.loads((tmp_path / "b").read_text())["verdict"] == "fail"


def test_a_device_is_written_to_and_not_replaced():
    outputs.prepare([("text", Path(os.devnull))])
    outputs.write([("text", Path(os.devnull))], everything())
    assert not Path(os.devnull).is_file()


def test_a_link_is_replaced_and_what_it_names_is_left_alone(tmp_path):
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    outputs.prepare([("text", tmp_path / "link")])
    outputs.write([("text", tmp_path / "link")], everything())
    assert (tmp_path / "kept").read_text() == "kept"
    assert not (tmp_path / "link").is_symlink()


def test_no_old_report_is_left_by_a_run_that_breaks_off(tmp_path):
    old = tmp_path / "report.json"
    old.write_text('{"verdict": "pass"}')
    assert gates("run", tmp_path / "no-module", "-q", f"--output=json={old}").exception
    assert not old.exists()


@pytest.fixture
def interrupted(monkeypatch):
    """The first stage ends, and then somebody interrupts."""

    def run_stages(plan, needs, *, finish, **_):
        passed = CheckResult("readable", Verdict.PASS)
        finish(StageResult(Stage.LINT_MANIFEST, (passed,), started="2026-11-24T00:00:00Z"))
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run_stages", run_stages)


def test_an_interrupted_run_still_writes_what_it_knows(
    interrupted, make_module, tmp_path, monkeypatch
):
    monkeypatch.setenv("GATES_STATE_DIR", str(tmp_path / "state"))
    made = tmp_path / "report.json"
    stages = ("--stage=lint-manifest", "--stage=lint")
    ended = gates("run", make_module("python"), "-q", *stages, f"--output=json={made}")
    assert ended.exit_code != 0
    document = json.loads(made.read_text())
    assert document["verdict"] == "inconclusive"
    assert {each["stage"]: each["verdict"] for each in document["stages"]} == {
        "lint-manifest": "pass", "lint": "inconclusive",
    }  # fmt: skip
    assert "interrupted" in document["stages"][1]["checks"][0]["reason"]


def test_the_folder_of_a_module_is_relative_to_its_repository(
    interrupted, make_module, settings, tmp_path
):
    root = make_module("python")
    (root.parent.parent / ".git").mkdir()
    with pytest.raises(pipeline.InterruptedRun) as stopped:
        pipeline.run_pipeline(root, [Stage.LINT_MANIFEST], settings, today=date(2026, 6, 1))
    assert stopped.value.report.folder == "modules/sample-module"
    (envelope,) = stopped.value.report.envelopes
    file = root / ".gates" / "evidence" / "lint-manifest.dsse.json"
    assert (envelope.stage, envelope.sha256) == (
        "lint-manifest",
        hashlib.sha256(file.read_bytes()).hexdigest(),
    )
    assert envelope.key_ids
