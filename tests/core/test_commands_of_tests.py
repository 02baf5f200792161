"""What runs tests runs all of them, but for a plain `pytest`, which leaves out the slow ones."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.marks import missing


@pytest.fixture
def start():
    spec = importlib.util.spec_from_file_location("start", ROOT / "ci" / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_whole_run_has_no_filter(start, monkeypatch):
    ran = []
    monkeypatch.setattr(start, "run", lambda *command: ran.append(command) or 0)
    assert start.test([]) == 0
    (command,) = (each for each in ran if each[0] == "pytest")
    assert command == ("pytest", "-n", "auto", "-m", "")


@pytest.mark.parametrize("file", [".ci/run", "README.md", "CONTRIBUTING.md"])
def test_the_whole_run_is_what_is_written_down(file):
    lines = [line.split("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines()]
    assert "python3 ci/start.py test" in [line.removeprefix("exec ") for line in lines]


def test_the_session_of_nox_is_the_whole_run():
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    assert 'session.run("pytest", "-n", "auto", "-m", "", *session.posargs)' in noxfile


def collected(*arguments: str) -> str:
    """The last line of what pytest collects."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "all_of_them"),
    [
        (["tests/lint_manifest/test_fuzz.py"], True),
        (["-n", "2", "tests/lint_manifest/test_fuzz.py"], True),
        (["-m", "not slow", "tests/lint_manifest/test_fuzz.py"], False),
        (["--override-ini", "testpaths=tests/lint_manifest"], False),
    ],
)
def test_what_is_named_is_run_whole(arguments, all_of_them):
    assert ("deselected" not in collected(*arguments)) is all_of_them


def test_every_marked_place_exists():
    assert missing() == []
