"""How a duration grows with the number of rows, and what that makes at a million. Pure.

What grows is told by work that is counted (rows read, written, indexed), not by time; time only
says how long one unit takes. Where all that was measured is noise, the answer is a bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from gates.records import dataclass

NOISE = 0.005
"""Seconds below which nothing is said about a duration: scheduling, one flush, a cold cache."""
TARGET = 1_000_000
Shape = Literal["constant", "linear", "n log n", "quadratic"]


@dataclass(frozen=True)
class Point:
    """One measurement."""

    rows: int
    seconds: float
    work: int
    """Rows that went through its hands."""
    sorts: bool = False
    """Whether an index was built, which sorts."""
    still: bool = False
    """Whether it took no lock and touched no row, as SET does: rows can't make it slower."""


@dataclass(frozen=True)
class Growth:
    """What several measurements of the same thing add up to."""

    shape: Shape
    rows: int
    """The largest number of rows that was measured."""
    seconds: float
    """At so many rows."""
    at_target: float
    """Seconds at `TARGET` rows; an upper bound where `bound`."""
    bound: bool
    """The measured durations do not differ enough to say more than "at most"."""

    @property
    def shown(self) -> str:
        """In words: "2.1 s at 1,000,000 rows, linear"."""
        if self.shape == "constant":
            few = self.seconds < NOISE
            return (
                f"under {NOISE * 1000:.0f} ms, constant"
                if few
                else f"{span(self.seconds)}, constant"
            )
        most = "at most " if self.bound else ""
        return f"{most}{span(self.at_target)} at {TARGET:,} rows, {self.shape}"


def fit(points: Sequence[Point]) -> Growth:
    """The growth that measurements at one or more sizes show; the largest last."""
    ordered = sorted(points, key=lambda each: each.rows)
    first, last = ordered[0], ordered[-1]
    shape = _shape(ordered)
    if shape == "constant":
        # What stalls on a busy machine only adds to what the same work takes at every size.
        quickest = min(each.seconds for each in ordered)
        return Growth(shape, last.rows, quickest, quickest, False)
    if last.rows == TARGET:
        return Growth(shape, last.rows, last.seconds, last.seconds, False)
    scale = _form(shape, TARGET) / _form(shape, last.rows)
    spread = last.seconds - first.seconds
    if first.rows == last.rows or spread < NOISE:
        return Growth(shape, last.rows, last.seconds, max(last.seconds, NOISE) * scale, True)
    per_unit = spread / (_form(shape, last.rows) - _form(shape, first.rows))
    grown = last.seconds + per_unit * (_form(shape, TARGET) - _form(shape, last.rows))
    return Growth(shape, last.rows, last.seconds, grown, False)


def together(parts: Sequence[Growth]) -> Growth:
    """Several things one after the other: what takes longest in the end gives the shape."""
    last = max(parts, key=lambda each: (each.at_target, each.rows))
    growing = [each for each in parts if each.shape != "constant"]
    shape = max(growing, key=lambda each: each.at_target).shape if growing else "constant"
    seconds = sum(each.seconds for each in parts)
    at_target = sum(each.at_target for each in parts)
    sure = sum(each.at_target for each in parts if not each.bound)
    return Growth(shape, last.rows, seconds, at_target, sure < at_target / 2)


def _shape(ordered: Sequence[Point]) -> Shape:
    first, last = ordered[0], ordered[-1]
    if all(each.still for each in ordered):
        return "constant"
    if first.rows == last.rows:
        grows = last.work >= last.rows > 0
        return ("n log n" if last.sorts else "linear") if grows else "constant"
    more_rows = math.log(last.rows / first.rows)
    by_work = math.log((last.work + 1) / (first.work + 1)) / more_rows
    if last.work < last.rows / 2 or by_work < 0.3:
        slower = last.seconds > 20 * NOISE and last.seconds > first.seconds * 3
        return "linear" if slower else "constant"
    if by_work > 1.4:
        return "quadratic"
    return "n log n" if last.sorts else "linear"


def _form(shape: Shape, rows: int) -> float:
    if shape == "quadratic":
        return float(rows) ** 2
    return rows * math.log2(max(rows, 2)) if shape == "n log n" else float(rows)


def span(seconds: float) -> str:
    """A duration for people: "12 ms", "2.1 s", "14 min"."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 99.5:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
