"""The coverage has not fallen since the last release."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Previous
from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import CoverageFigure, Finding, Level, Location, Stage
from gates.settings import Policy
from gates.toolchains import TestRun


@check(Stage.TEST)
def coverage_kept(tests: TestRun, policy: Policy, previous: Previous) -> Iterator[Finding]:
    """Line coverage is at most 5 points lower than that of the last release, where they compare.

    The last release's figure is in its evidence, which the catalog holds. Two figures compare where
    runner, its version, the platform's configuration of it and the list of source files are the
    same; otherwise a note says "not comparable", and why. The policy sets the points
    (`tests.coverage_drop`).

    Why: a module far above the smallest coverage can lose half of its tests and pass.
    Bad: 92 % in 1.3.0, 76 % in 1.4.0 with the same files
    Good: 92 % in 1.3.0, 91 % in 1.4.0
    Fix: test what lost its tests, or what was added to these files.
    """
    if not previous.known:
        return
    before, after = previous.coverage, tests.measured
    if after is None:
        raise CouldNotCheckError("the tests ran, and not one line of src was measured")
    if reason := _why_not(before, after):
        yield coverage_kept.finding(
            f"not comparable with the coverage of {previous.version}: {reason}",
            Location("tests"),
            level=Level.NOTE,
        )
    elif before is not None and before.percent - after.percent > policy.coverage_drop:
        yield coverage_kept.finding(
            f"the tests run {after.percent:.1f} % of the lines, and in {previous.version} it was"
            f" {before.percent:.1f} %",
            Location("tests"),
            fix=f"it may fall by {policy.coverage_drop:g} points: test what is new, or what lost"
            " its tests",
        )


def _why_not(before: CoverageFigure | None, after: CoverageFigure) -> str:
    """Why two figures say nothing about each other; "" where they do."""
    if before is None:
        return "its evidence has no figure"
    if before.runner != after.runner:
        return f"it was measured by {before.runner}, and now by {after.runner}"
    if before.settings != after.settings:
        return "the platform measures with other settings now"
    if before.files != after.files:
        return "src has other files now"
    return ""
