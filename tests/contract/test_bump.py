"""SemVer 2.0.0: the smallest legal version after a change, and with what a version is compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.catalog.versions import Precedence
from gates.contract.bump import allows, baseline, needs_entries, smallest
from gates.contract.model import Bump

SMALLEST = [
    # from 1.0.0 on: sections 6, 7 and 8
    ("1.2.3", "none", "1.2.3"),
    ("1.2.3", "patch", "1.2.4"),
    ("1.2.3", "minor", "1.3.0"),
    ("1.2.3", "major", "2.0.0"),
    # below: section 4, and the caret of npm and cargo
    ("0.3.1", "patch", "0.3.2"),
    ("0.3.1", "minor", "0.3.2"),
    ("0.3.1", "major", "0.4.0"),
    ("0.0.4", "patch", "0.0.5"),
    ("0.0.4", "minor", "0.0.5"),
    ("0.0.4", "major", "0.0.5"),
    # pre-releases: section 9; build metadata: section 10
    ("2.0.0-rc.1", "major", "2.0.0"),
    ("1.2.3+build.7", "minor", "1.3.0"),
]


@pytest.mark.parametrize(("old", "bump", "expected"), SMALLEST)
def test_the_smallest_version(old: str, bump: str, expected: str) -> None:
    assert smallest(old, Bump(bump)) == expected


ALLOWS = [
    ("1.2.3", "2.0.0", "major", True),
    ("1.2.3", "3.1.4", "major", True),
    ("1.2.3", "1.9.0", "major", False),
    ("1.2.3", "1.3.0", "minor", True),
    ("1.2.3", "1.2.4", "minor", False),
    ("1.2.3", "1.2.4", "patch", True),
    ("1.2.3", "1.2.4", "none", True),
    ("0.3.1", "0.3.2", "major", False),
    ("0.3.1", "0.4.0", "major", True),
    ("0.3.1", "1.0.0", "major", True),
    ("0.0.4", "0.0.5", "major", True),
    # a pre-release counts as what it leads to
    ("1.2.3", "2.0.0-alpha.1", "major", True),
    ("1.2.3", "1.3.0-rc.1", "major", False),
    ("1.2.3", "1.3.0-rc.1", "minor", True),
    # and nothing is asked of what follows one
    ("2.0.0-rc.1", "2.0.0-rc.2", "major", True),
    ("2.0.0-rc.1", "2.0.0", "major", True),
    ("1.0.0-rc.1", "1.0.1", "major", True),
    # build metadata is no step
    ("1.2.3", "1.2.3+build.7", "patch", False),
    ("1.2.3+build.7", "1.2.4", "patch", True),
]


@pytest.mark.parametrize(("old", "new", "bump", "expected"), ALLOWS)
def test_whether_a_step_is_large_enough(old: str, new: str, bump: str, expected: bool) -> None:
    assert allows(old, new, Bump(bump)) is expected


@pytest.mark.parametrize(
    ("new", "released", "expected"),
    [
        ("1.3.0", ["1.0.0", "1.2.0", "1.1.0"], "1.2.0"),
        ("1.3.0", [], None),
        ("1.0.0", ["1.0.0-rc.1", "1.0.0-rc.2"], None),
        ("1.3.0-rc.2", ["1.2.0", "1.3.0-rc.1"], "1.2.0"),
        ("2.0.0", ["1.2.0", "2.0.0-rc.1"], "1.2.0"),
        ("1.2.0", ["1.2.0", "1.1.0"], "1.1.0"),
        ("no version", ["1.2.0", "2.0.0-rc.1"], "1.2.0"),
    ],
)
def test_a_version_is_compared_with_the_newest_stable_one_below(
    new: str, released: list[str], expected: str | None
) -> None:
    assert baseline(new, released) == expected


def test_entries_are_needed_from_1_0_0_on() -> None:
    assert needs_entries("1.0.0")
    assert not needs_entries("0.9.0")
    assert not needs_entries("1.0.0-rc.1")


def test_what_is_no_version_cannot_be_stepped_from() -> None:
    with pytest.raises(ValueError, match=r"'1\.0' is no version"):
        smallest("1.0", Bump.PATCH)


numbers = st.integers(0, 30)
versions = st.builds("{}.{}.{}".format, numbers, numbers, numbers)
bumps = st.sampled_from([Bump.PATCH, Bump.MINOR, Bump.MAJOR])


@given(versions, bumps)
def test_the_smallest_is_allowed_and_nothing_below_it(old: str, bump: Bump) -> None:
    lowest = smallest(old, bump)
    assert Precedence(old) < Precedence(lowest)
    assert allows(old, lowest, bump)


@given(versions, versions, bumps)
def test_allowed_is_what_is_not_below_the_smallest(old: str, new: str, bump: Bump) -> None:
    assert allows(old, new, bump) == (not Precedence(new) < Precedence(smallest(old, bump)))


@given(versions, versions)
def test_a_larger_bump_allows_no_more(old: str, new: str) -> None:
    allowed = [allows(old, new, bump) for bump in Bump]
    assert allowed == sorted(allowed, reverse=True)
