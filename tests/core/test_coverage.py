"""The four checks of coverage, on made-up runs: what each asks for, and when it says so instead."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.catalog import Previous
from gates.catalog.coverage import read_envelopes
from gates.changes import Changes, changed_lines, read_changes
from gates.checks.test.coverage import coverage
from gates.checks.test.coverage_changed import coverage_changed
from gates.checks.test.coverage_kept import coverage_kept
from gates.errors import CouldNotCheckError
from gates.model import CoverageFigure, FileCoverage, Level
from gates.module import load
from gates.settings import Policy
from gates.toolchains.tests import Lines, TestRun

FIGURE = CoverageFigure(100, 80, "vitest 4.0.1", "s", "f")
RUN = TestRun(
    3, 3, 0, 0,
    files=(FileCoverage("src/a.py", 10, 10, 0, 4, 1), FileCoverage("src/b.py", 10, 6, 0, 4, 4)),
    lines={
        "src/a.py": Lines(frozenset(range(1, 16)), frozenset(range(16, 31))),
        "src/b.py": Lines(frozenset({1}), frozenset()),
    },
    measured=FIGURE,
)  # fmt: skip


def said(findings) -> list[tuple[Level, str]]:
    return [(each.level, each.message) for each in findings]


@pytest.mark.parametrize(
    ("policy", "parts"),
    [
        (Policy(), []),
        (Policy(coverage_branches=62), []),
        (Policy(coverage_branches=63), ["62.5 % of the branches, and 63 %"]),
        (Policy(coverage_file=60), []),
        (Policy(coverage_file=61), ["60.0 % of the lines of this file, and 61 %"]),
        (Policy(coverage=81), ["80.0 % of the lines, and 81 %"]),
    ],
)
def test_branches_and_files(policy, parts):
    found = said(coverage.run(RUN, policy))
    assert len(found) == len(parts)
    assert all(part in message for part, (_, message) in zip(parts, found, strict=True))


def test_no_branches_are_no_fault():
    run = replace(RUN, files=(FileCoverage("src/a.py", 1, 1),))
    assert said(coverage.run(run, Policy(coverage_branches=100))) == []


@pytest.mark.parametrize(
    ("last", "policy", "level", "part"),
    [
        (19, Policy(), Level.NOTE, "19 lines with code changed"),
        (20, Policy(), None, ""),
        (30, Policy(), Level.ERROR, "50.0 % of the 30 changed lines, and 70 %"),
        (30, Policy(coverage=50), None, ""),
        (30, Policy(coverage=50, coverage_changed=51), Level.ERROR, "and 51 %"),
        (30, Policy(coverage_changed=0), None, ""),
    ],
)
def test_changed_lines(last, policy, level, part):
    lines = {"src/a.py": frozenset(range(1, last + 1)), "src/none.sql": frozenset(range(500))}
    found = said(coverage_changed.run(RUN, policy, Changes("c" * 40, lines=lines)))
    assert [each for each, _ in found] == [level] * bool(level)
    assert all(part in message for _, message in found)


def test_changed_lines_without_a_merge_base():
    found = said(coverage_changed.run(RUN, Policy(), Changes(reason="there is no branch main")))
    assert found == [(Level.NOTE, "changed lines are not judged: there is no branch main")]


@pytest.mark.parametrize(
    ("before", "level", "part"),
    [
        (None, Level.NOTE, "not comparable with the coverage of 1.0.0: its evidence has no figure"),
        (replace(FIGURE, runner="jest 30"), Level.NOTE, "measured by jest 30"),
        (replace(FIGURE, settings="x"), Level.NOTE, "other settings"),
        (replace(FIGURE, files="x"), Level.NOTE, "other files"),
        (replace(FIGURE, covered=85), None, ""),
        (replace(FIGURE, covered=86), Level.ERROR, "80.0 % of the lines, and in 1.0.0 it was 86.0"),
        (replace(FIGURE, covered=10), None, ""),
    ],
)
def test_the_last_release(before, level, part):
    previous = Previous("a", known=True, version="1.0.0", coverage=before)
    found = said(coverage_kept.run(RUN, Policy(), previous))
    assert [each for each, _ in found] == [level] * bool(level)
    assert all(part in message for _, message in found)


def test_a_first_version_and_a_run_without_a_figure():
    assert said(coverage_kept.run(RUN, Policy(), Previous("a"))) == []
    with pytest.raises(CouldNotCheckError):
        list(coverage_kept.run(replace(RUN, measured=None), Policy(), Previous("a", known=True)))


def envelope(record: object) -> dict[str, object]:
    payload = {"predicate": {"checks": [{"id": "x"}, {"id": "coverage", "records": [record]}]}}
    return {"payload": base64.b64encode(json.dumps(payload).encode()).decode()}


def test_the_figure_in_evidence():
    record = {"name": "coverage", "version": FIGURE.runner, "detail": FIGURE.detail}
    assert read_envelopes([envelope(record)]) == FIGURE
    assert read_envelopes([{"dsseEnvelope": envelope(record)}]) == FIGURE
    for broken in ({**record, "detail": "x"}, {**record, "detail": "{}"}, {"name": "other"}, 7):
        assert read_envelopes([envelope(broken)]) is None
    assert read_envelopes([{}, {"payload": "?"}, {"payload": 1}]) is None


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_what_is_not_changed_is_in_the_old_text(old, new):
    lines = changed_lines("\n".join(old).encode(), "\n".join(new).encode())
    kept = [text for number, text in enumerate(new, 1) if number not in lines]
    rest = iter(old)
    assert all(each in rest for each in kept)
    if old == new:
        assert not lines


def test_a_repo(make_module):
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", "-C", root, *who, *arguments], check=True, capture_output=True)

    root: Path = make_module("python")
    assert read_changes(load(root), "main").reason == "the module is in no git repo"
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "base")
    git("checkout", "-q", "-b", "work")
    assert read_changes(load(root), "main").lines == {}
    assert read_changes(load(root), "other").reason == "there is no branch other here"
    file = root / "src/sample_module/lib/titles.py"
    text = file.read_text("utf-8")
    file.write_text(f"# first\n{text}", "utf-8")
    git("commit", "-q", "-a", "-m", "one")
    (root / "src/sample_module/new.py").write_text("a = 1\nb = 2\n", "utf-8")
    found = read_changes(load(root), "main")
    assert found.lines == {
        "src/sample_module/lib/titles.py": frozenset({1}),
        "src/sample_module/new.py": frozenset({1, 2}),
    }
    git("checkout", "-q", "--orphan", "alone")
    git("commit", "-q", "-m", "other")
    assert "no common commit" in read_changes(load(root), "main").reason
