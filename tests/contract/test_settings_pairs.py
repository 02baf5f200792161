"""A matrix of old and new settings schemas, each with the bump that the rules demand."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gates.contract import Bump
from gates.contract.model import largest
from gates.contract.settings import compare_settings
from gates.module import Document

PAIRS = tomllib.loads((Path(__file__).parent / "settings_pairs.toml").read_text("utf-8"))["pair"]
ASSERTED = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))


def document(value: object, path: str = "module_schema.json") -> Document:
    text = json.dumps(value, indent=2)
    return Document(path, text, json.loads(text))


def schemas(pair: dict[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    """The whole settings schemas of a pair."""
    if "old" in pair:
        return tuple(
            {"type": "object", "properties": {"value": json.loads(pair[key])}}
            for key in ("old", "new")
        )
    return tuple({"type": "object", **json.loads(pair[f"{key}_root"])} for key in ("old", "new"))


def fits(schema: dict[str, object], value: object) -> bool:
    return Draft202012Validator(schema, format_checker=ASSERTED).is_valid(value)


@pytest.mark.parametrize("pair", PAIRS, ids=[each["name"] for each in PAIRS])
def test_the_bump_is_what_the_rules_demand(pair):
    old, new = schemas(pair)
    changes = compare_settings(document(old), document(new))
    assert largest(changes) == pair["bump"], changes
    decisive = [each for each in changes if each.bump == pair["bump"]]
    symbols = dict.fromkeys(each.symbol.removeprefix("settings:") for each in decisive)
    assert list(symbols) == list(dict.fromkeys(pair["at"])), changes
    assert all(each.proved for each in changes) is pair.get("proved", True), changes
    for each in changes:
        assert (each.bump is Bump.MAJOR) == (each.example is not None)
        assert (each.old or each.new).line > 0
        if each.example is not None:
            example = json.loads(each.example)
            meaning = bool(pair.get("meaning"))
            if pair["name"] != "required setting loses its default":
                assert fits(old, example)
                assert fits(new, example) is meaning, each.example


def test_the_matrix_is_large_and_says_why():
    assert len(PAIRS) >= 110
    assert len({each["name"] for each in PAIRS}) == len(PAIRS)
    assert all(each["reason"] for each in PAIRS)
