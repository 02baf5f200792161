"""The tables of docs/contract.md say what the matrices say, and the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gates.contract import Bump
from gates.contract.bump import needs_entries, promises, smallest

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "contract.md").read_text("utf-8")
PAIRS = [
    pair
    for name in ("settings", "manifest", "database")
    for pair in tomllib.loads((HERE / f"{name}_pairs.toml").read_text("utf-8"))["pair"]
]
CODE = PAGE.index("### Code")
NUMBERS = re.findall(r"^\| (\d\S+) \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.MULTILINE)


def test_each_row_is_a_pair_of_a_matrix() -> None:
    known = {(each["name"], each["bump"], each.get("why") or each.get("reason")) for each in PAIRS}
    shown = re.findall(
        r"^\| (.+?) \| (major|minor|patch|none) \| (.*) \|$", PAGE[:CODE], re.MULTILINE
    )
    assert len(shown) > 120
    assert [each for each in shown if each not in known] == []


def test_the_matrices_are_large() -> None:
    assert len(PAIRS) >= 280


@pytest.mark.parametrize("row", NUMBERS, ids=[each[0] for each in NUMBERS])
def test_the_numbers(row: tuple[str, ...]) -> None:
    before, *asked = row
    if not promises(before):
        assert asked == ["nothing"] * 3
        return
    assert asked == [smallest(before, each) for each in (Bump.MAJOR, Bump.MINOR, Bump.PATCH)]
    assert needs_entries(before) is (before >= "1")
