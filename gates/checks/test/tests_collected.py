"""The module has tests, and they run."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.toolchains import TestRun


@check(Stage.TEST)
def tests_collected(module: Module, tests: TestRun) -> Iterator[Finding]:
    """There is at least one test, and not all of them are skipped.

    Why: an empty test run passes too, and says nothing.
    Bad: a tests folder whose only test is marked `skip`
    Good: tests/unit/test_titles.py, or tests/unit/titles.test.ts, with a test that runs
    Fix: write a test under tests/unit or tests/e2e; take the marks away that skip them all.
    """
    from gates.toolchains.languages import language_of

    if tests.collected == 0:
        yield tests_collected.finding(
            "no test was found",
            Location("tests"),
            fix=f"add {language_of(module).words.test_file}",
        )
    elif tests.skipped == tests.collected:
        yield tests_collected.finding(
            f"all {tests.collected} tests are skipped",
            Location("tests"),
            fix="make at least one of them run",
        )
