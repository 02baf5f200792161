"""Broken manifests: each with everything that is said about it, where, and how to fix it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

CASES = tomllib.loads((Path(__file__).parent / "broken_manifests.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_everything_is_said_at_its_place(broken, case):
    findings, _ = broken(case.get("old"), case["new"])
    said = []
    for each in findings:
        level = "" if each.level == "error" else f"{each.level}: "
        place = str(each.location).removeprefix("module.json:")
        said.append(
            f"{place} {each.check}: {level}{each.message} => {str(each.fix).splitlines()[0]}"
        )
    assert said == case["said"]


def test_fifty_errors_are_told_at_once(broken):
    keys = "".join(f'"q{number:02d}": {number},\n  ' for number in range(50))
    findings, _ = broken('"tags": ["notes"]', keys + '"tags": ["notes"]', "manifest-schema")
    assert [each.location.line for each in findings] == list(range(19, 69))
    assert findings[49].message == 'unknown key "q49"'


def test_a_thousand_errors_are_told_in_part_and_quickly(broken):
    keys = "".join(f'"q{number}": {number},\n  ' for number in range(20_000))
    findings, _ = broken('"tags": ["notes"]', keys + '"tags": ["notes"]', "manifest-schema")
    assert len(findings) == 200


def test_a_manifest_of_more_than_a_mebibyte_is_refused(broken):
    findings, blind = broken('"Sample Module"', f'"{"x" * 1024 * 1024}"', "readable")
    assert [each.location.path for each in findings] == ["module.json"]
    assert "more than 1,048,576 are not read" in findings[0].message
    assert not blind


def test_a_path_out_of_the_module_is_never_opened(broken, monkeypatch):
    import builtins
    import os

    opened = []
    for owner, name in ((os, "open"), (builtins, "open")):
        real = getattr(owner, name)

        def spy(path, *arguments, _real=real, **options):
            opened.append(str(path))
            return _real(path, *arguments, **options)

        monkeypatch.setattr(owner, name, spy)
    findings, _ = broken("src/sample_module/__init__.py", "../../etc/passwd")
    assert [each.check for each in findings] == ["paths-inside"]
    assert opened
    assert not [path for path in opened if "passwd" in path]
