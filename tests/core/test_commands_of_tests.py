"""What runs tests runs all of them, but for a plain `pytest`, which leaves out the slow ones."""

from __future__ import annotations

import contextlib
import importlib.util
import io
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
    monkeypatch.setattr(start, "run", lambda *command, **_: ran.append(command) or 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert start.test([]) == 0
    (command,) = (each for each in ran if each[0] == "pytest")
    assert command == ("pytest", "-n", "3", "--dist", "worksteal", "-m", "")
    assert ("mypy",) in ran


@pytest.mark.parametrize("program", ["ruff", "mypy", "pytest"])
@pytest.mark.parametrize("status", [1, -9])
def test_whatever_fails_or_is_killed_fails_the_whole_run(start, monkeypatch, program, status):
    monkeypatch.setattr(start, "run", lambda *command, **_: (command[0] == program) * status)
    assert start.test([]) == 1


def test_what_runs_beside_the_tests_shows_everything_at_its_end(start, tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho found >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(start, "BIN", tmp_path)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert start.run("program", "x", at_its_end=True) == 3
    assert out.getvalue() == "\n$ program x\nfound\n"


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
