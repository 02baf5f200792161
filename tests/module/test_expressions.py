"""Regular expressions of settings schemas are JavaScript's."""

from __future__ import annotations

import json
import threading
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.module.expressions import LONGEST, expression, why_no_pattern
from tests.conftest import ROOT
from tests.truth.patterns import PATTERNS, TEXTS, differences, random_pattern

REFUSED = [
    ("(?i)a", "flags cannot be set in it"),
    ("(?P<y>a)", "a named group is (?<name>...), and \\k<name> refers to it"),
    ("\\Aa\\Z", "^ and $ stand for the beginning and the end"),
    ("a++", "there are no possessive repeats"),
    ("(?>a)", "there are no atomic groups"),
    ("(?#a)", "there are no comments in it"),
    ("\\b+", "\\b and \\B cannot be repeated"),
    ("[\\d]\\\\\\B{2}", "\\b and \\B cannot be repeated"),
    ("(", "unbalanced parenthesis"),
    ("\\-", "invalid character escape"),
    ("\ud800", "it holds half a character (a lone surrogate)"),
    ("a" * (LONGEST + 1), "it is longer than 2,000 characters"),
    ("(" * 900 + ")" * 900, "regular expression is too deeply nested"),
]
TAKEN = [
    ("\\p{L}", "я", True), ("(?<y>\\d{4})", "2024", True), ("^\\u{1F600}$", "😀", True),
    ("^\\w+$", "Müller", False), ("a$", "a\n", False), ("^.$", "😀", True),
    ("\\\\b+", "\\bb", True),
    ("[\\b]+", "\b", True), ("^\\d$", "٣", False), ("a", "\ud800", False),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_no_pattern_of_javascript(pattern, reason):
    assert why_no_pattern(pattern) == reason


@pytest.mark.parametrize(("pattern", "text", "found"), TAKEN, ids=range(len(TAKEN)))
def test_a_pattern_of_javascript(pattern, text, found):
    assert why_no_pattern(pattern) is None
    assert expression(pattern).found_in(text) is found


def test_javascript_itself_agrees():
    assert len(set(PATTERNS)) == len(PATTERNS) >= 200
    assert differences(PATTERNS, TEXTS)[1] == []


@settings(max_examples=4)
@given(st.integers(0, 10**6))
def test_javascript_itself_agrees_on_random_patterns(seed):
    """All but one in a thousand: the engine has errors of its own, in corners of corners."""
    r = Random(seed)
    patterns = [random_pattern(r) for _ in range(1000)]
    assert len({pattern for pattern, _ in differences(patterns, TEXTS[::3])[1]}) <= 1


def test_the_longest_expressions_fit_into_a_small_stack():
    said = []

    def ask():
        many = ("a|" * (LONGEST // 2), "a?" * (LONGEST // 2), "(a)" * (LONGEST // 3))
        said.extend(expression(each).found_in("b") for each in many)

    threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert said == [True, True, False]


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").glob("*.json")), ids=lambda p: p.name)
def test_our_own_schemas_hold_patterns_of_javascript(path):
    waiting = [json.loads(path.read_text("utf-8"))]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            named = each.get("patternProperties", {})
            given_ = [each["pattern"]] if isinstance(each.get("pattern"), str) else []
            assert [why_no_pattern(one) for one in (*given_, *named)] == [None] * (
                len(given_) + len(named)
            )
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
