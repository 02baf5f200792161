"""The validator, where it reads keywords otherwise than the library below it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gates.module.strict_json import parse
from gates.module.validator import validator
from tests.contract import settings_random as made

STEPS = [
    ("0.1", "0.3", True), ("0.1", "0.7", True), ("0.1", "1.1", True), ("0.01", "19.99", True),
    ("0.01", "4.35", True), ("1e-7", "0.0000003", True), ("0.1", "0.35", False), ("3", "9.0", True),
    ("0.1", "0.30000000000000000001", False), ("0.3", "0.9", True), ("1e308", "1e308", True),
    ("0.0001", "1e308", True), ("5e-324", "1.5", True), ("0.10000000000000000001", "0.1", False),
    ("123456789.123456789", "246913578.246913578", True), ("0.1", '"0.35"', True),
]  # fmt: skip


@pytest.mark.parametrize(("step", "value", "fits"), STEPS)
def test_numbers_are_decimal(step, value, fits):
    schema, faults = parse(f'{{"multipleOf": {step}}}')
    assert not faults
    assert validator(schema).is_valid(parse(value)[0]) is fits


KEYS = [
    ({"patternProperties": {"^\\p{Lu}": {"type": "integer"}}}, {"Ü": "a"}, False),
    ({"patternProperties": {"^\\p{Lu}": {"type": "integer"}}}, {"ü": "a"}, True),
    ({"patternProperties": {"^\\w+$": True}, "additionalProperties": False}, {"a": 1}, True),
    ({"patternProperties": {"^\\w+$": True}, "additionalProperties": False}, {"é": 1}, False),
    ({"patternProperties": {"^\\w+$": True}, "additionalProperties": False}, {"é1": 2}, False),
    ({"patternProperties": {"(?<y>^a)": True}, "unevaluatedProperties": False}, {"ab": 1}, True),
    ({"patternProperties": {"(?<y>^a)": True}, "unevaluatedProperties": False}, {"b": 1}, False),
    ({"patternProperties": {"^a": True}, "unevaluatedProperties": {"const": 1}}, {"b": 1}, True),
    (
        {"anyOf": [{"patternProperties": {"\\p{L}": True}}], "unevaluatedProperties": False},
        {"é": 1}, True,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "fits"), KEYS, ids=range(len(KEYS)))
def test_keys_are_matched_as_javascript_does(schema, value, fits):
    assert validator(schema).is_valid(value) is fits


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_elsewhere_it_answers_like_the_library(r: Random):
    schema = made.settings(r)
    ours, theirs = validator(schema), Draft202012Validator(schema)
    for _ in range(20):
        stored = made.document(r)
        assert ours.is_valid(stored) is theirs.is_valid(stored), (schema, stored)
