"""Settings schemas that are missing, malformed, endless or huge: an answer or `could not check`."""

from __future__ import annotations

import json

import pytest

from gates.contract import Bump
from gates.contract.model import largest
from gates.contract.settings import compare_settings
from gates.errors import CouldNotCheckError
from gates.module import Document
from tests.contract.test_settings_pairs import document


def settings(part, **more):
    return document({"type": "object", "properties": {"value": part}, **more})


def nested(keyword, depth, inner):
    for _ in range(depth):
        inner = {keyword: [inner] if keyword in ("allOf", "anyOf") else inner}
    return inner


def test_no_settings_before_and_none_now():
    assert compare_settings(None, None) == []
    there = settings({"type": "integer", "examples": [3]})
    (begun,) = compare_settings(None, there)
    assert (begun.bump, begun.example, begun.old) == (Bump.MINOR, None, None)
    (ended,) = compare_settings(there, None)
    assert (ended.bump, ended.new) == (Bump.MAJOR, None)
    assert isinstance(json.loads(ended.example), dict)


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        ([], "settings-schema"),
        (None, "settings-schema"),
        ({"type": "objekt"}, "settings-schema"),
        ({"type": "object", "required": "a"}, "settings-schema"),
        ({"properties": {"a": {"pattern": "("}}}, "settings-schema"),
        ({"properties": {"a": {"$ref": "https://example.com/a"}}}, "settings-references"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "settings-references"),
    ],
)
def test_what_is_no_settings_schema_is_not_compared(schema, hint):
    good = settings({"type": "integer"})
    for old, new in ((document(schema), good), (good, document(schema))):
        with pytest.raises(CouldNotCheckError) as raised:
            compare_settings(old, new)
        assert hint in raised.value.hint


@pytest.mark.parametrize("depth", [10, 40, 180])
@pytest.mark.parametrize("keyword", ["items", "allOf", "not", "additionalProperties", "anyOf"])
def test_deep_schemas_are_no_crash(keyword, depth):
    old = settings(nested(keyword, depth, {"type": "integer"}))
    new = settings(nested(keyword, depth, {"type": "integer", "maximum": 3}))
    try:
        bump = largest(compare_settings(old, new))
    except CouldNotCheckError:
        assert depth > 40
    else:
        assert depth > 10 or bump is Bump.MAJOR


def test_a_pattern_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr("gates.contract.settings.bounded.MAX_WAIT", -4)
    old = settings({"type": "string", "pattern": "^(a|a)*$", "maxLength": 4000})
    new = settings({"type": "string", "pattern": "^(a|a)*b$", "maxLength": 3000})
    with pytest.raises(CouldNotCheckError, match="take longer"):
        compare_settings(old, new)


def bomb(most: int) -> dict[str, object]:
    """References that lead to two others each: a million steps for one value."""
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(20)}
    definitions["d20"] = {"type": "string", "maxLength": most}
    return settings({"$ref": "#/$defs/d0"}, **{"$defs": definitions})


def test_references_that_never_end_are_stopped(monkeypatch):
    monkeypatch.setattr("gates.contract.settings.bounded.MAX_WAIT", -4)
    with pytest.raises(CouldNotCheckError, match="take longer"):
        compare_settings(bomb(4), bomb(3))


def test_many_ways_through_references_are_walked_once():
    def of(most):
        definitions = {
            f"d{n}": {
                "type": "object",
                "properties": {name: {"$ref": f"#/$defs/d{n + 1}"} for name in "ab"},
            }
            for n in range(30)
        }
        definitions["d30"] = {"type": "integer", "maximum": most}
        return settings({"$ref": "#/$defs/d0"}, **{"$defs": definitions})

    assert [each.symbol for each in compare_settings(of(5), of(9))] == ["settings:/$defs/d30"]
    assert largest(compare_settings(of(5), of(9))) is Bump.MINOR


def test_a_choice_of_thousands():
    of = lambda many: settings({"enum": [f"v{n}" for n in range(many)]})  # noqa: E731
    (gone,) = compare_settings(of(3000), of(2999))
    assert gone.example == '{"value":"v2999"}'
    (more,) = compare_settings(of(2999), of(3000))
    assert (more.bump, more.proved) == (Bump.MINOR, True)


def test_a_length_beyond_all_trying_is_not_shown():
    old = settings({"type": "string", "maxLength": 10**9})
    (change,) = compare_settings(old, settings({"type": "string", "maxLength": 10**8}))
    assert (change.bump, change.proved, change.example) == (Bump.MINOR, False, None)
    assert "could not show" in change.message


def test_the_same_answer_every_time():
    old = settings({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "array"}]})
    new = settings(
        {"anyOf": [{"type": "string", "pattern": "^a"}, {"type": "array", "maxItems": 2}]}
    )
    first = compare_settings(old, new)
    assert first == compare_settings(old, new)
    assert largest(first) is Bump.MAJOR


def test_half_a_character_is_no_crash():
    text = '{"type": "object", "properties": {"\\ud800": {"enum": ["b"]}}}'
    half = Document("a.json", text, json.loads(text))
    with pytest.raises(CouldNotCheckError, match="half a character"):
        compare_settings(half, settings({"type": "integer"}))
