"""The stages are written in one order wherever they are listed."""

from __future__ import annotations

import re

import nox
import pytest

from gates.commands import COMMANDS
from gates.model import Stage
from gates.nox import register
from gates.stages import WAVES
from tests.conftest import ROOT

LISTED = ", ".join(Stage)


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "docs/command-line.md", "docs/ci.md"]
)
def test_pages_list_the_stages_of_the_code(name):
    text = re.sub(r"\s+", " ", (ROOT / name).read_text("utf-8")).replace(
        " and release", ", release"
    )
    assert LISTED in text


def test_the_command_has_them_in_order():
    assert [each for each in COMMANDS if each in list(Stage)] == list(Stage)


def test_the_waves_run_each_once_and_in_order():
    assert [stage for wave in WAVES for stage in wave] == list(Stage)


def test_nox_has_a_session_for_each(monkeypatch):
    names = []
    monkeypatch.setattr(nox, "session", lambda *, name, **_: names.append(name) or (lambda f: f))
    register()
    assert names == list(Stage)


def test_the_catalog_asks_for_evidence_of_all_before_the_release():
    found = [path.read_text("utf-8") for path in (ROOT / "gates" / "catalog").rglob("*.sql")]
    listed = re.compile(r"\s*,\s*".join(f"'{stage}'" for stage in Stage.RELEASE.before))
    assert any(listed.search(text) for text in found)


def test_the_workflow_has_a_job_for_each():
    text = (ROOT / ".github" / "workflows" / "module-pipeline.yml").read_text("utf-8")
    jobs = re.findall(r"(?m)^  ([\w-]+):\n    name: ", text)
    assert jobs == ["plan", *Stage, "conclude", "comment"]
    assert re.findall(r"(?m)^          stage: (.+)$", text) == list(Stage)


def test_the_templates_have_each():
    gitlab = (ROOT / "ci" / "templates" / "gates.gitlab-ci.yml").read_text("utf-8")
    assert re.findall(r"(?m)^([a-z-]+):\n  extends", gitlab) == list(Stage)
    shell = (ROOT / "ci" / "templates" / "gates.sh").read_text("utf-8")
    listed = re.findall(r"for stage in (.+); do", shell)
    assert " ".join(listed).split() == list(Stage)


def test_the_action_takes_any_and_names_none():
    for path in (ROOT / ".github" / "actions").rglob("action.yml"):
        words = set(re.findall(r"[\w-]+", path.read_text("utf-8").partition("runs:")[2]))
        assert not words & ({*Stage} - {"test", "build", "release", "publish"}), path
