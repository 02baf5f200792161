"""Broken settings schemas: each with everything that is said about it, where, and the fix."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path

import pytest

from gates.checks.lint_manifest.settings_secrets import looks_real
from gates.module.schemas import SETTINGS, load_schema
from tests.lint_manifest.conftest import run

CASES = tomllib.loads((Path(__file__).parent / "broken_settings.toml").read_text("utf-8"))["case"]
FILE = "module_schema.json"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_everything_is_said_at_its_place(broken, case):
    findings, blind = broken(case.get("old"), case["new"], file=FILE)
    said = []
    for each in findings:
        level = "" if each.level == "error" else f"{each.level}: "
        place = str(each.location).removeprefix(f"{FILE}:")
        said.append(
            f"{place} {each.check}: {level}{each.message} => {str(each.fix).splitlines()[0]}"
        )
    assert said == case["said"]
    assert blind == case.get("blind", [])


@pytest.mark.parametrize(
    "reference", ["https://example.com/a.json", "http://127.0.0.1:9/x", "file:///etc/passwd"]
)
def test_nothing_is_fetched(broken, monkeypatch, reference):
    import socket

    def no(*_arguments, **_options):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", no)
    monkeypatch.setattr(socket, "getaddrinfo", no)
    monkeypatch.setattr(socket.socket, "connect", no)
    findings, _ = _property(broken, **{"$ref": reference})
    assert [each.check for each in findings] == ["settings-references"]
    assert "nothing is ever fetched" in findings[0].message


def test_a_pattern_that_never_ends_is_stopped(broken, monkeypatch):
    monkeypatch.setattr("gates.checks.lint_manifest._bounded.MAX_SECONDS", -4)
    started = time.monotonic()
    findings, blind = _property(
        broken, "settings-values", type="string", pattern="^(a+)+$", examples=["a" * 60 + "!"]
    )
    assert (findings, blind) == ([], ["settings-values"])
    assert time.monotonic() - started < 8


def test_references_that_never_end_are_stopped(broken, monkeypatch):
    """Each leads to two others: a million steps for one value."""
    monkeypatch.setattr("gates.checks.lint_manifest._bounded.MAX_SECONDS", -4)
    below = "#/properties/a/$defs/d"
    definitions = {f"d{n}": {"allOf": [{"$ref": f"{below}{n + 1}"}] * 2} for n in range(24)}
    findings, blind = _property(
        broken, "settings-values", **{"$ref": "#/properties/a/$defs/d0"}, examples=["a"],
        **{"$defs": definitions | {"d24": {"title": "A"}}},
    )  # fmt: skip
    assert ([each.check for each in findings], blind) == ([], ["settings-values"])


@pytest.mark.parametrize("keyword", ["not", "items", "additionalProperties", "if"])
@pytest.mark.parametrize("depth", [50, 150, 190])
def test_a_deep_schema_is_no_crash(broken, keyword, depth):
    inner: dict[str, object] = {"type": "string"}
    for _ in range(depth):
        inner = {keyword: inner}
    _property(broken, **inner)


@pytest.mark.parametrize("keyword", ["allOf", "properties"])
@pytest.mark.parametrize("depth", [25, 75, 95])
def test_a_schema_that_is_deep_by_two_is_no_crash(broken, keyword, depth):
    inner: dict[str, object] = {"type": "string"}
    for _ in range(depth):
        inner = {keyword: [inner] if keyword == "allOf" else {"p": inner}}
    _property(broken, **inner)


def test_the_schema_for_editors_agrees_with_the_checks(broken):
    """What settings-schema and settings-documented find in simple cases, editors show too."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import SPECIFICATIONS

    editor = Draft202012Validator(load_schema(SETTINGS), registry=SPECIFICATIONS)
    base = Path(__file__).parents[1] / "examples" / "_base" / "python" / FILE
    assert editor.is_valid(json.loads(base.read_text("utf-8")))
    for case in CASES:
        documented = [each for each in case["said"] if " settings-documented: " in each]
        root = [each for each in case["said"] if " settings-schema: " in each]
        if any("regular expression" in each or "warning" in each for each in root):
            continue
        text = base.read_text("utf-8")
        text = text.replace(case["old"], case["new"], 1) if "old" in case else case["new"]
        by_branch = case["name"] in (
            "undocumented in then", "undocumented in oneOf", "undocumented through a reference",
            "boolean property", "empty description", "undocumented in dependentSchemas",
            "undocumented in else of a list",
        )  # fmt: skip
        if not by_branch:
            assert editor.is_valid(json.loads(text)) is not bool(documented or root), case["name"]


@pytest.mark.parametrize(
    "text",
    ["<your token>", "<password>", "your-api-key", "xxxxxxxx", "********", "sk_live_...", "",
     "AKIAXXXXXXXXEXAMPLE", "change-me", "${TOKEN}", "{{ token }}", "example", "••••", "aaaa"],
)  # fmt: skip
def test_placeholders(text):
    assert not looks_real(text)


@pytest.mark.parametrize(
    "text",
    ["hunter2", "Tr0ub4dor&3", "correct horse battery", "eyJhbGciOiJIUzI1NiJ9.e30.x", "letmein",
     "my-AKIAABCDEFGHIJKLMNOP", "-----BEGIN PRIVATE KEY-----sample"],
)  # fmt: skip
def test_what_looks_real(text):
    assert looks_real(text)


def _property(broken, *checks, **schema):
    described = {"title": "A", "description": "An A.", "examples": ["x"], **schema}
    new = f'"a": {json.dumps(described)},\n    "order": {{'
    return broken('"order": {', new, *checks, file=FILE)


def test_checks_that_need_settings_say_so_where_there_are_none(make_module):
    root = make_module("python")
    (root / FILE).unlink()
    findings, blind = run(root)
    assert [each.check for each in findings] == ["standard-files"]
    assert set(blind) >= {"settings-schema", "settings-values", "settings-secrets"}
