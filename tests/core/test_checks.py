"""Every check is complete: a page, needs from the closed set, examples."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from gates.check import NEEDS, all_checks, outlines
from gates.model import Stage

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCENARIOS = (Stage.PUBLISH, Stage.RELEASE)
"""Stages whose checks look at evidence, registry and catalog: tested as scenarios, not folders."""


def ids(check) -> str:
    return check.id


@pytest.mark.parametrize("check", all_checks(), ids=ids)
def test_parameters_carry_the_annotation_of_their_need(check):
    for name, parameter in inspect.signature(check.run).parameters.items():
        assert parameter.annotation in (NEEDS[name], f"{NEEDS[name]}"), name


@pytest.mark.parametrize("check", all_checks(), ids=ids)
def test_the_page_begins_with_one_sentence(check):
    assert check.summary.endswith(".")
    assert len(check.summary) <= 100


@pytest.mark.parametrize("check", all_checks(), ids=ids)
def test_its_text_says_what_it_is_before_it_is_imported(check):
    (outline,) = (each for each in outlines(check.stage) if each.id == check.id)
    assert (outline.language, outline.provider) == (check.language, check.provider)
    assert outline.load() is check


def test_only_python_files_of_a_folder_are_checks(tmp_path, monkeypatch):
    text = '"""Looks."""\n\n@check(Stage.LINT)\ndef looks(module: Module) -> None: ...\n'
    folder = tmp_path / "checks" / "lint"
    (folder / "data").mkdir(parents=True)
    for name in ("looks_well.py", ".looks.py", "_looks.py"):
        (folder / name).write_text(text)
    for name in ("README", "looks.py~", "looks.pyc"):
        (folder / name).write_text("no check")
    monkeypatch.setattr("gates.check._HERE", str(tmp_path))
    assert [each.id for each in outlines.__wrapped__(Stage.LINT)] == ["looks-well"]


def test_ids_are_unique():
    assert len({check.id for check in all_checks()}) == len(all_checks())


@pytest.mark.parametrize("check", [c for c in all_checks() if c.stage not in SCENARIOS], ids=ids)
def test_every_check_has_a_good_and_a_bad_example(check):
    folder = EXAMPLES / check.id
    assert (folder / "bad").is_dir()
    assert (folder / "good").is_dir()
    expected = (folder / "expected.txt").read_text("utf-8").splitlines()
    assert expected[0].startswith("base: ")
    assert [line for line in expected[1:] if line and not line.startswith("#")]


def test_every_example_belongs_to_a_check():
    known = {check.id for check in all_checks()}
    assert {path.name for path in EXAMPLES.iterdir() if not path.name.startswith("_")} <= known
