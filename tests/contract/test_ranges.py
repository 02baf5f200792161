"""What a range of versions accepts that another one does not: no example is wrong or missed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.contract.declared.ranges import accepts, refused_now, stranded
from tests.truth.ranges import RANGES, differences, picked, random_case

NARROWER = [
    # old, new, an example, and one that no compatible update leads away from
    ("^1.2.0", "^1.3.0", "1.2.0", None),
    ("^1.2.0", "~1.2.0", "1.3.0", "1.3.0"),
    ("^1.2.0", "^2.0.0", "1.2.0", "1.2.0"),
    (">=1.0.0", ">=1.0.0 <3.0.0", "3.0.0", "3.0.0"),
    (">=1.0.0", "^1.5.0 || >=3.0.0", "1.0.0", "2.0.0"),
    (None, "^1.0.0", "0.0.0", "0.0.0"),
    ("^0.3.0", "^0.3.2", "0.3.0", None),
    ("^0.3.0", "^0.4.0", "0.3.0", "0.3.0"),
    ("1.x", "1.1.x || 1.3.x", "1.0.0", "1.4.0"),
    (">=1.0.0-rc.1", ">=1.0.0", "1.0.0-rc.1", None),
    ("^1.0.0", "no range", "1.0.0", "1.0.0"),
]


@pytest.mark.parametrize(("old", "new", "example", "left"), NARROWER)
def test_a_narrower_range(old: str | None, new: str, example: str, left: str | None) -> None:
    assert refused_now(old, new)[0] == example
    assert stranded(old, new) == left


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.x", "^1.0.0"),
        ("^1.2.0", "^1.1.0"),
        ("^1.0.0", "^1.0.0 || ^2.0.0"),
        (">=1.2.0 <2.0.0", "^1.2.0"),
        ("1.2.3", None),
        ("1.0.0 - 1.9.0", ">=1.0.0 <=1.9.0"),
    ],
)
def test_a_range_that_takes_as_much(old: str | None, new: str | None) -> None:
    assert refused_now(old, new) == ()
    assert stranded(old, new) is None


number = st.integers(0, 4)
version = st.builds("{}.{}.{}".format, number, number, number)
simple = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["^", "~", ">=", "<=", "<", ">", ""]), version),
    st.builds(">={} <{}".format, version, version),
    st.builds("{} - {}".format, version, version),
    st.builds("{}.{}.x".format, number, number),
    st.builds("{}.x".format, number),
    st.just("*"),
)
ranges = st.one_of(simple, st.builds("{} || {}".format, simple, simple))


@settings(max_examples=300)
@given(ranges, ranges, version)
def test_examples_are_true_and_none_is_missed(old: str, new: str, tried: str) -> None:
    refused = refused_now(old, new)
    assert all(accepts(old, each) and not accepts(new, each) for each in refused)
    if accepts(old, tried) and not accepts(new, tried):
        assert refused
    left = stranded(old, new)
    assert left is None or left in refused


@given(ranges)
def test_a_range_takes_what_it_takes(range_: str) -> None:
    assert refused_now(range_, range_) == ()


@settings(max_examples=300)
@given(ranges, ranges, version)
def test_who_is_not_stranded_has_a_compatible_update(old: str, new: str, tried: str) -> None:
    """A version that the old range takes alone, with nothing newer in its caret that the new one
    takes, is one that `stranded` must have an example for."""
    if stranded(old, new) is None and accepts(old, tried) and not accepts(new, tried):
        line = [f"{a}.{b}.{c}" for a in range(5) for b in range(6) for c in range(6)]
        assert any(accepts(f"^{tried}", each) and accepts(new, each) for each in line)


JUDGED = [
    # range, version, whether npm takes it: where libraries for it are known to differ
    (">=2.0.0-alpha <2", "2.0.0-alpha", False),
    (">=2.0.0-alpha <2.0.0", "2.0.0-alpha", True),
    ("x || ~0.2.2-a", "0.2.2-b", False),
    ("~2.0.1", "2.2.1-a", False),
    ("^9007199254740990.0.0", "9007199254740990.1.0", True),
    ("9007199254740992.0.0", "9007199254740992.0.0", False),
    (" || ".join(f"1.2.{n}" for n in range(60)), "1.2.59", True),
    ("1.2.3*", "1.2.3", True),
    ("1.x.3", "1.2.3", False),
    ("~ >1.2", "1.2.9", True),
    ("", "1.2.3", True),
    ("", "1.2.3-a", False),
]


@pytest.mark.parametrize(("range_", "tried", "taken"), JUDGED)
def test_ranges_are_npms(range_: str, tried: str, taken: bool) -> None:
    assert accepts(range_, tried) is taken


def test_npm_itself_agrees_on_picked_ranges() -> None:
    assert len(set(RANGES)) == len(RANGES) >= 89
    assert differences(picked())[1] == []


@settings(max_examples=5)
@given(st.integers())
def test_npm_itself_agrees_on_random_ranges(seed: int) -> None:
    r = Random(seed)
    assert differences(random_case(r) for _ in range(600))[1] == []
