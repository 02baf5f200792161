"""What must hold for every pair of settings schemas, held against random ones."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gates.contract import Bump
from gates.contract.model import largest
from gates.contract.settings.compare import compare_here
from tests.contract import settings_random as made
from tests.contract.test_settings_pairs import PAIRS, document, fits, schemas

RANDOMS = st.randoms(use_true_random=False)


def compared(old, new):
    changes = made.compared(document(old), document(new))
    return largest(changes), changes


@given(RANDOMS)
@settings(max_examples=30)
def test_no_change_no_bump(r):
    old = made.settings(r)
    turned = {key: old[key] for key in reversed(list(old))}
    assert compare_here(document(old), document(turned)) == []  # equal texts are not compared else


@given(RANDOMS)
@settings(max_examples=20)
def test_settings_that_break_make_it_major(r):
    """And every example of a major change was valid and is refused, or means something else."""
    old = made.settings(r)
    new = made.changed(r, old)
    bump, changes = compared(old, new)
    before, after = Draft202012Validator(old), Draft202012Validator(new)
    for each in changes:
        if each.bump is Bump.MAJOR:
            example = json.loads(each.example)
            assert before.is_valid(example)
            assert not after.is_valid(example) or " gone" in each.message
    if bump is not Bump.MAJOR:
        names = made.new_names(old, new)
        plain = Random(r.randrange(2**32))  # drawn by hypothesis, each choice takes far longer
        for _ in range(30):
            stored = made.document(plain)
            if before.is_valid(stored) and not made.uses(names, stored):
                assert after.is_valid(stored), stored


def test_compatible_versions_survive_a_thousand_settings():
    survived = widened = 0
    for seed in range(260):
        r = Random(seed)
        old = made.settings(r)
        new = made.changed(r, old)
        bump, changes = compared(old, new)
        if bump is Bump.MAJOR or bump is Bump.NONE or not all(each.proved for each in changes):
            continue
        widened += 1
        before, after = Draft202012Validator(old), Draft202012Validator(new)
        names = made.new_names(old, new)
        for _ in range(160):
            stored = made.document(r)
            if before.is_valid(stored) and not made.uses(names, stored):
                survived += 1
                assert after.is_valid(stored), (seed, stored)
    assert widened > 60
    assert survived > 1_000


BREAKS = [each for each in PAIRS if each["bump"] == "major" and "old" in each]
WRAPS = {
    "a property": lambda part: {"type": "object", "properties": {"in": part}},
    "an item": lambda part: {"type": "array", "items": part},
    "a first item": lambda part: {"type": "array", "prefixItems": [{"type": "null"}, part]},
    "allOf": lambda part: {"allOf": [{"title": "a"}, part]},
    "a map": lambda part: {"type": "object", "additionalProperties": part},
    "a pattern": lambda part: {"type": "object", "patternProperties": {"^k_": part}},
    "a reference": lambda part: {"$ref": "#/$defs/part", "$defs": {"part": part}},
    "a branch by type": lambda part: {
        "anyOf": [{"type": "object", "properties": {"in": part}, "required": ["in"]}, {"const": 0}]
    },
    "a branch by field": lambda part: {
        "oneOf": [
            {"type": "object", "properties": {"k": {"const": 1}, "in": part}, "required": ["k"]},
            {"type": "object", "properties": {"k": {"const": 2}}, "required": ["k"]},
        ]
    },
    "a consequence": lambda part: {
        "type": "object",
        "properties": {"on": {"type": "boolean"}},
        "required": ["on"],
        "if": {"properties": {"on": {"const": True}}},
        "then": {"properties": {"in": part}},
    },
}


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_break_in_a_part_is_a_break_in_the_whole(wrap):
    for pair in BREAKS:
        if pair.get("meaning") and wrap not in ("a property", "allOf", "a reference"):
            continue
        parts = [WRAPS[wrap](schema["properties"]["value"]) for schema in schemas(pair)]
        old, new = (_lifted(part) for part in parts)
        bump, changes = compared(old, new)
        assert bump is Bump.MAJOR, (pair["name"], changes)
        for each in changes:
            if each.bump is Bump.MAJOR and not pair.get("meaning"):
                example = json.loads(each.example)
                assert fits(old, example), pair["name"]
                assert not fits(new, example), pair["name"]


def _lifted(part):
    """A settings schema around a part, whose definitions stand at the root."""
    definitions = part.pop("$defs", {})
    return {"type": "object", "properties": {"value": part}, "$defs": definitions}
