"""The version in module.json and the one in the project file."""

from __future__ import annotations

import pytest

PROJECT = 'version = "1.0.0"'
PACKAGE = '"version": "1.0.0"'


@pytest.mark.parametrize(
    ("new", "line"),
    [
        ('version = "1.0.1"', 7),
        ('version = "1.0.0rc1"', 7),
        ('version = "1.0.0-alpha.beta.x"', 7),
        ('"version" = "2.0"', 7),
        ('dynamic = ["version"]', 5),
        ("", 5),
        ("version = 1", 7),
    ],
)
def test_another_version_in_pyproject(broken, new, line):
    findings, blind = broken(PROJECT, new, "versions-agree", file="pyproject.toml")
    assert [(each.location.path, each.location.line) for each in findings] == [
        ("pyproject.toml", line)
    ]
    assert not blind


@pytest.mark.parametrize("new", ['version = "v1.0"', 'version = "1"', "version = '1.0.0'"])
def test_the_same_version_as_pep_440_orders_it(broken, new):
    assert broken(PROJECT, new, "versions-agree", file="pyproject.toml") == ([], [])


def test_the_version_of_another_table_is_not_meant(broken):
    new = 'version = "3"\n[tool.other]\nversion = "1.0.0"'
    findings, _ = broken(PROJECT, new, "versions-agree", file="pyproject.toml")
    assert [each.location.line for each in findings] == [7]


def test_a_file_of_settings_alone_names_no_version(broken):
    new = "[tool.ruff]\nline-length = 100\n"
    assert broken(None, new, "versions-agree", file="pyproject.toml") == ([], [])


def test_what_is_no_toml_was_not_looked_at(broken):
    assert broken(None, "version = ", "versions-agree", file="pyproject.toml") == (
        [],
        ["versions-agree"],
    )


@pytest.mark.parametrize(
    ("new", "found"),
    [
        ('"version": "1.0.1"', [("package.json", 3, 14)]),
        ('"version": "v1.0.0"', [("package.json", 3, 14)]),
        ('"version": 1', [("package.json", 3, 14)]),
        ('"keywords": []', []),
    ],
)
def test_package_json(broken, new, found):
    findings, blind = broken(PACKAGE, new, "versions-agree", file="package.json", base="typescript")
    places = [(e.location.path, e.location.line, e.location.column) for e in findings]
    assert (places, blind) == (found, [])


def test_a_package_json_that_is_no_json_was_not_looked_at(broken):
    assert broken(None, "[", "versions-agree", file="package.json", base="typescript") == (
        [],
        ["versions-agree"],
    )
