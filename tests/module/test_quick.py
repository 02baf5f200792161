"""The quick validator answers like the one that the checks have."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.module import quick
from gates.module.formats import SAMPLES, format_checker
from gates.module.validator import is_schema, validator
from tests.contract import settings_random as made

BASE = "urn:axon:settings"


def both(schema: object, value: object) -> tuple[bool, bool]:
    asked = quick.quick_schema(schema, BASE)
    assert asked is not None
    exact = validator(schema).evolve(format_checker=format_checker())
    return asked.is_valid("", value), exact.is_valid(value)


@settings(max_examples=40)
@given(st.randoms(use_true_random=False))
def test_it_answers_like_the_exact_one(r: Random):
    schema = made.settings(r)
    assert quick.is_schema(schema) is is_schema(schema) is True
    asked, exact = quick.quick_schema(schema, BASE), validator(schema)
    assert asked is not None
    plain = Random(r.randrange(2**32))  # drawn by hypothesis, each choice takes far longer
    for _ in range(40):
        stored = made.document(plain)
        assert asked.is_valid("", stored) is exact.is_valid(stored), (schema, stored)


@settings(max_examples=80)
@given(st.randoms(use_true_random=False))
def test_what_is_a_schema_is_one_for_both(r: Random):
    schema = made.changed(r, made.settings(r))
    place = r.choice(list(made.schemas_in(schema, 0)))
    place[0][place[1]] = r.choice((1, "a", [], {"type": "objekt"}, {"required": "a"}, None))
    if quick.is_schema(schema):
        assert is_schema(schema)


CASES = [
    ({"pattern": "^\\w+$"}, "Müller", False),
    ({"pattern": "^\\p{Lu}\\u{1F600}$"}, "Ü😀", True),
    ({"pattern": "a$", "allOf": [{"minLength": 2}]}, "a", False),
    ({"multipleOf": 0.1}, 0.7, True),
    ({"multipleOf": 0.1}, 0.35, False),
    ({"format": "email"}, "nobody", False),
    ({"format": "password"}, "x", True),
    ({"format": "regex"}, "(", True),
    ({"format": "duration"}, "x", True),
    ({"format": "date"}, "2023-02-29", False),
    ({"patternProperties": {"^x-": False}}, {"x-a": 1}, False),
    ({"patternProperties": {"^.*$": {"type": "string"}}}, {"a": 1}, False),
    ({"const": 1.0}, 1, True),
    ({"uniqueItems": True}, [1, 1.0], False),
    ({"enum": [{"a": [1]}]}, {"a": [1.0]}, True),
    ({"maxLength": 1}, "😀", True),
    ({"type": "integer"}, 1e300, True),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, None, True),
    ({"properties": {"a": True}, "unevaluatedProperties": False}, {"a": 1, "b": 2}, False),
]


@pytest.mark.parametrize(("schema", "value", "fits"), CASES, ids=range(len(CASES)))
def test_corners(schema, value, fits):
    assert both(schema, value) == (fits, fits)


@pytest.mark.parametrize("name", SAMPLES)
def test_formats_are_ours(name):
    assert both({"format": name}, SAMPLES[name]) == (True, True)
    assert both({"format": name}, "\\no") == (False, False)


@pytest.mark.parametrize("pattern", ["^\\p{L}", "(?<y>a)", "(?=a)", "é", "\\bA"])
def test_names_that_it_could_read_otherwise_are_left_alone(pattern):
    assert quick.quick_schema({"patternProperties": {pattern: True}}, BASE) is None
    nested = {"properties": {"a": {"items": {"patternProperties": {pattern: True}}}}}
    assert quick.quick_schema(nested, BASE) is None
