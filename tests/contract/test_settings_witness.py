"""Every break that is said is shown: run again here, with `jsonschema` as the judge."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.contract import Bump
from gates.contract.model import largest
from gates.contract.settings import compare_settings
from gates.contract.settings.compare import compare_here
from tests.contract import settings_random as made
from tests.contract.test_settings_pairs import PAIRS, document, schemas
from tests.truth.schemas import witnessed

CLOSED = {
    "type": "object",
    "properties": {
        "x": {"type": "integer", "minimum": 1, "default": 5},
        "y": {"type": "object", "properties": {"z": {"type": "string", "format": "password"}}},
    },
    "additionalProperties": False,
}
TEXTS = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    "additionalProperties": False,
}


def of(part, **more):
    return document({"type": "object", "properties": {"c": part}, **more})


WIDER = {
    "a form beside": {"anyOf": [CLOSED, {"type": "boolean"}]},
    "a form before": {"oneOf": [{"type": "boolean"}, CLOSED]},
    "null beside": {"oneOf": [CLOSED, {"type": "null"}]},
    "null by type": {**CLOSED, "type": ["object", "null"]},
    "a form by reference": {"anyOf": [{"$ref": "#/$defs/c"}, {"type": "boolean"}]},
    "forms in forms": {"anyOf": [{"anyOf": [CLOSED, {"type": "null"}]}, {"type": "boolean"}]},
    "all of it in one": {"allOf": [CLOSED]},
}


@pytest.mark.parametrize("name", WIDER)
def test_a_form_around_an_object_breaks_nothing(name):
    changes = compare_settings(of(CLOSED), of(WIDER[name], **{"$defs": {"c": CLOSED}}))
    assert largest(changes).rank <= Bump.MINOR.rank, changes
    assert all(each.proved for each in changes)


MAPS = {
    "additionalProperties": {"additionalProperties": {"type": "string"}},
    "patternProperties": {
        "patternProperties": {"^[a-z]$": {"type": "string"}}, "additionalProperties": False,
    },
    "a wider map": {"additionalProperties": {"type": ["string", "null"]}},
    "a map in a form": {"anyOf": [{"additionalProperties": {"type": "string"}}, {"required": []}]},
}  # fmt: skip


@pytest.mark.parametrize("name", MAPS)
def test_named_keys_may_become_a_typed_map(name):
    changes = compare_settings(of(TEXTS), of({"type": "object", **MAPS[name]}))
    assert largest(changes).rank <= Bump.MINOR.rank, changes


@pytest.mark.parametrize(
    ("part", "example"),
    [
        ({"additionalProperties": {"type": "integer"}}, {"c": {"a": ""}}),
        ({"additionalProperties": {"maxLength": 3}}, {"c": {"a": "text"}}),
        ({}, {"c": {"a": ""}}),
        ({"additionalProperties": True}, {"c": {"a": ""}}),
        ({"anyOf": [{"properties": {"a": {"type": "string"}}}]}, {"c": {"b": ""}}),
    ],
)
def test_named_keys_that_become_less_break(part, example):
    changes = compare_settings(of(TEXTS), of({"type": "object", **part}))
    breaks = [each for each in changes if each.bump is Bump.MAJOR]
    assert example in [json.loads(each.example) for each in breaks], changes


def together(least: int):
    """A bound beside rules that leave it one value, in one form of three."""
    of_kind = lambda kind: {"properties": {"kind": {"const": kind}}}  # noqa: E731
    return {
        "type": "object",
        "properties": {
            "kind": {"enum": ["a", "b", "c"]},
            "n": {"type": "integer", "minimum": least, "maximum": 50},
            "x": {"type": "string"},
        },
        "required": ["kind", "n"],
        "additionalProperties": False,
        "allOf": [
            {"if": of_kind("a"), "then": {"properties": {"n": {"minimum": 10}}},
             "else": {"required": ["x"]}},
            {"oneOf": [
                of_kind("a"),
                {"properties": {"kind": {"const": "b"}, "n": {"maximum": 0}}},
                {"properties": {"kind": {"const": "c"}, "n": {"minimum": 20}}},
            ]},
            {"if": {"required": ["x"]}, "then": {"properties": {"x": {"minLength": 3}}}},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"type": "object", "properties": {"o": s}}]
)
def test_a_bound_beside_conditions_and_forms(wrap):
    old, new = (document(wrap(together(least))) for least in (0, 1))
    changes = compare_settings(old, new)
    breaks = [each for each in changes if each.bump is Bump.MAJOR]
    assert breaks, changes
    assert all(witnessed(each, old, new) for each in breaks)
    assert largest(compare_settings(new, old)) is Bump.MINOR


def test_defaults_of_a_schema_that_holds_itself_end():
    def settings_of(most):
        names = {f"p{n}": {"$ref": "#", "default": {}} for n in range(30)}
        return document(
            {"type": "object", "properties": {**names, "n": {"type": "integer", "maximum": most}}}
        )

    old, new = settings_of(9), settings_of(8)
    breaks = [each for each in compare_settings(old, new) if each.bump is Bump.MAJOR]
    assert breaks
    assert all(witnessed(each, old, new) for each in breaks)


@pytest.mark.parametrize("pair", PAIRS, ids=[each["name"] for each in PAIRS])
def test_each_break_of_the_matrix_is_shown(pair):
    old, new = (document(each) for each in schemas(pair))
    for each in compare_settings(old, new):
        assert each.bump is not Bump.MAJOR or witnessed(each, old, new), each
    for each in (old, new):  # word by word: equal texts are not compared
        assert compare_here(each, each) == []


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_each_break_of_random_schemas_is_shown(r: Random):
    before = made.settings(r)
    old, new = document(before), document(made.changed(r, before))
    for each in made.compared(old, new):
        assert each.bump is not Bump.MAJOR or witnessed(each, old, new), each
