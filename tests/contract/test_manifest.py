"""The bump that a difference of two manifests demands, by a table written from the rules."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.contract.declared.compare import PARTS, compare_manifests
from gates.contract.model import Bump, largest
from gates.module import Document
from tests.conftest import EXAMPLES

PAIRS = tomllib.loads((Path(__file__).parent / "manifest_pairs.toml").read_text())["pair"]
BASE = json.loads((EXAMPLES / "_base" / "python" / "module.json").read_text())


def document(changes: dict[str, Any]) -> Document:
    value = {**BASE, **changes}
    return Document("module.json", json.dumps(value, indent=2), value)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["name"])
def test_pair(pair: dict[str, Any]) -> None:
    changes = compare_manifests(document(pair["old"]), document(pair["new"]))
    assert largest(changes) == pair["bump"], pair["why"]
    deciding = [each.symbol for each in changes if each.bump is largest(changes)]
    assert pair["symbol"] in (deciding or [""])


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["name"])
def test_a_break_is_shown_and_placed(pair: dict[str, Any]) -> None:
    for change in compare_manifests(document(pair["old"]), document(pair["new"])):
        assert change.old or change.new
        assert all(place is None or place.line for place in (change.old, change.new))
        if change.bump is Bump.MAJOR:
            assert change.example
            assert change.proved


part = st.sampled_from([pair["new"] for pair in PAIRS] + [pair["old"] for pair in PAIRS])
manifests = st.lists(part, max_size=4).map(
    lambda parts: document({key: value for each in parts for key, value in each.items()})
)


@given(manifests)
def test_no_change_no_bump(manifest: Document) -> None:
    assert compare_manifests(manifest, manifest) == []


@given(manifests, manifests)
def test_a_break_of_a_part_is_one_of_the_whole(old: Document, new: Document) -> None:
    whole = largest(compare_manifests(old, new))
    parts = [largest(list(compare(old, new))) for compare in PARTS]
    assert whole is max(parts, key=lambda bump: bump.rank)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
keys = st.sampled_from([
    "api_endpoints", "events", "permissions", "jobs", "environment_variables", "dependencies",
    "compatibility_matrix", "data_retention", "packages", "health_check", "breaking", "slug",
    "rollback_window_hours", "maturity_status", "database_tables",
])  # fmt: skip


@given(st.dictionaries(keys, anything), st.dictionaries(keys, anything))
def test_a_broken_manifest_is_compared_without_a_crash(old: Any, new: Any) -> None:
    compare_manifests(document(old), document(new))
