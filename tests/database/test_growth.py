"""How durations are carried on to a million rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.proofs.locks.growth import NOISE, TARGET, Growth, Point, fit, span, together

SIZES = (1_000, 3_333, 10_000)
SECONDS = st.floats(min_value=0, max_value=10)


def points(seconds, work, *, sorts=False):
    return [Point(rows, seconds(rows), work(rows), sorts) for rows in SIZES]


@given(fixed=SECONDS, unit=st.floats(min_value=1e-6, max_value=1e-3))
def test_a_line_is_found_again(fixed, unit):
    found = fit(points(lambda rows: fixed + unit * rows, lambda rows: rows))
    assert (found.shape, found.bound) == ("linear", False)
    assert found.at_target == pytest.approx(fixed + unit * TARGET, rel=0.01)


@given(noise=st.lists(st.floats(min_value=0, max_value=NOISE), min_size=3, max_size=3))
def test_noise_is_no_slope(noise):
    waits = dict(zip(SIZES, noise, strict=True))
    nothing = fit(points(waits.get, lambda _: 3))
    assert nothing.shape == "constant"
    some = fit(points(waits.get, lambda rows: rows))
    assert (some.shape, some.bound) == ("linear", True)
    assert some.at_target <= NOISE * TARGET / SIZES[-1]


@given(st.lists(st.tuples(st.integers(1, 10**7), SECONDS, st.integers(0, 10**9)), min_size=1))
def test_an_estimate_is_never_less_than_what_was_measured(measured):
    found = fit([Point(*each) for each in measured])
    largest = max(measured)[0]
    if largest <= TARGET:
        assert found.at_target >= min(each[1] for each in measured if each[0] == largest)


def test_shapes_by_work():
    assert fit(points(lambda _: 0.001, lambda rows: rows, sorts=True)).shape == "n log n"
    assert fit(points(lambda _: 0.001, lambda rows: rows * rows)).shape == "quadratic"
    assert fit(points(lambda _: 3.0, lambda _: 10)).shown == "3.0 s, constant"
    assert fit(points(lambda rows: rows / 10_000, lambda _: 10)).shape == "linear"


def test_one_size_gives_a_bound():
    found = fit([Point(10_000, 0.02, 10_000)])
    assert found.shown == "at most 2.0 s at 1,000,000 rows, linear"
    assert fit([Point(TARGET, 20.7, TARGET)]).shown == "20.7 s at 1,000,000 rows, linear"
    assert fit([Point(10_000, 0.001, 3)]).shown == "under 5 ms, constant"


def test_several_together_grow_as_the_worst():
    fast = Growth("constant", 10_000, 0.001, 0.001, False)
    slow = Growth("linear", 10_000, 0.02, 2.0, False)
    assert together([fast, slow, fast]).shown == "2.0 s at 1,000,000 rows, linear"
    assert together([fast, fast]).shape == "constant"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0004, "0.4 ms"), (0.012, "12 ms"), (0.999, "1.0 s"), (2.1, "2.1 s"), (600, "10 min"),
     (7200, "2.0 h")],
)  # fmt: skip
def test_durations_for_people(seconds, shown):
    assert span(seconds) == shown


def test_a_stall_is_no_growth_of_what_touches_nothing():
    stalled = [Point(100, 0.0001, 0, still=True), Point(1000, 0.4, 0, still=True)]
    assert fit(stalled) == Growth("constant", 1000, 0.0001, 0.0001, False)
    assert fit([replace(each, still=False) for each in stalled]).shape == "linear"


def test_a_stall_at_one_size_is_not_what_the_same_work_takes():
    assert fit([Point(100, 0.03, 1), Point(1000, 0.001, 1)]).shown == "under 5 ms, constant"
    assert fit([Point(100, 0.5, 1), Point(1000, 0.6, 1)]).shown == "500 ms, constant"
