"""What a release would do to those that depend on it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gates.errors import CouldNotCheckError
from gates.fleet import FAILING, FIXED, PASSING, REGRESSED, SPURIOUS, UNKNOWN
from gates.fleet.dependents import Dependent, compare, find_dependents, gate_dependents, tasks_for
from gates.fleet.members import Member, find_members
from gates.fleet.task import ERROR, Outcome, Task
from gates.module import load
from gates.report import dependents as report
from tests.conftest import EXAMPLES

ONE = Dependent(Member("one", Path("/one")), "")


def ended(
    verdict: str = "pass", not_passed: dict[str, str] | None = None, **more: object
) -> Outcome:
    checks = not_passed or {}
    blocking = tuple(f"lint {check}: {check} says no" for check in checks)
    made = Outcome("one", "k", verdict, 1.0, not_passed=checks, blocking=blocking)
    return replace(made, **more)  # type: ignore[arg-type]


FAILS = ended("fail", {"ruff": "fail"})
LOST = ended(ERROR, reason="took longer than 60 s", lasting=False)


@pytest.mark.parametrize(
    ("now", "then", "again", "state", "reason"),
    [
        (ended(), ended(), (), PASSING, "passes both ways"),
        (ended(), FAILS, (), REGRESSED, "ruff says no"),
        (ended(), FAILS, (ended(), ended()), REGRESSED, "ruff says no"),
        (ended(), FAILS, (ended(), FAILS), UNKNOWN, "it ends in another way when it is run again"),
        (FAILS, ended(), (), FIXED, "passes with the candidate"),
        (FAILS, FAILS, (), FAILING, "ruff says no"),
        (FAILS, ended("fail", {"ruff": "fail", "mypy": "fail"}), (), REGRESSED, "mypy says no"),
        (ended(), LOST, (), SPURIOUS, "with the candidate, took longer than 60 s"),
        (LOST, ended(), (), UNKNOWN, "as the catalog is, took longer than 60 s"),
        (ended(), ended("inconclusive", {"ruff": "inconclusive"}), (), UNKNOWN,
         "with the candidate not checked: ruff says no"),
        (ended("inconclusive", {"ruff": "inconclusive"}),
         ended("inconclusive", {"ruff": "inconclusive"}), (), UNKNOWN,
         "not checked in either: ruff says no"),
    ],
)  # fmt: skip
def test_states(now, then, again, state, reason):
    found = compare(ONE, now, then, again)
    assert (found.state, found.reason) == (state, reason)
    assert found.repeated == len(again)


def write(folder: Path, slug: str, *needs: object) -> Path:
    path = folder / slug
    shutil.copytree(EXAMPLES / "_base" / "python", path)
    manifest = json.loads((path / "module.json").read_text())
    manifest |= {"slug": slug, "dependencies": list(needs)}
    (path / "module.json").write_text(json.dumps(manifest))
    return path


def test_dependents_are_found_over_others(folder: Path):
    candidate = load(write(folder, "contacts"))
    write(folder, "mail", {"slug": "contacts", "version": "^1.0.0"})
    write(folder, "campaigns", "mail")
    write(folder, "alone")
    write(folder, "loop", "campaigns", "loop")
    found = find_dependents(candidate, find_members([folder]))
    assert [(each.member.name, each.over) for each in found] == [
        ("campaigns", "mail"),
        ("loop", "campaigns"),
        ("mail", ""),
    ]
    (folder / "alone" / "module.json").write_text("{")
    with pytest.raises(CouldNotCheckError, match="whether alone depends on contacts is not known"):
        find_dependents(candidate, find_members([folder]))


def test_two_folders_of_one_module_are_said(folder: Path):
    candidate = load(write(folder, "contacts"))
    write(folder, "mail", "contacts")
    shutil.copytree(folder / "mail", folder / "mail-copy")
    with pytest.raises(CouldNotCheckError, match="mail and mail-copy are both the module mail"):
        find_dependents(candidate, find_members([folder]))


def test_each_is_run_in_both_worlds(folder: Path):
    candidate = load(write(folder, "contacts"))
    plain = Task("one", "/one", "key", ("--stage", "lint"), 60.0)
    now, then, again = tasks_for(plain, candidate, 2)
    assert now.arguments == ("--stage", "lint")
    assert then.arguments == ("--stage", "lint", "--candidate", str(candidate.root))
    assert [each.arguments[-1] for each in again] == ["--fresh", "--fresh"]
    assert len({now.key, then.key, *(each.key for each in again)}) == 4

    def engine(tasks):
        for each in tasks:
            with_candidate = "--candidate" in each.arguments
            yield replace(FAILS if with_candidate else ended(), key=each.key)

    told: list[Outcome] = []
    (found,) = gate_dependents(
        candidate, [ONE], {"one": plain}, engine, repeated=2, tell=told.append
    )
    assert (found.state, found.checks, found.flaky) == (REGRESSED, ("ruff",), 0)
    assert len(told) == 4
    text = report.text("contacts 1.1.0", [found])
    assert "one     regressed           0 of 2  ruff says no" in text
    assert text.endswith("1 module that depends on contacts 1.1.0: 1 regressed\n")
    assert report.sentence("x 1.0.0", ()) == "no module here depends on x 1.0.0"
