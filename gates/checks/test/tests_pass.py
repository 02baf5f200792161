"""The module's own tests pass."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.toolchains import TestRun


@check(Stage.TEST)
def tests_pass(tests: TestRun) -> Iterator[Finding]:
    """Every test under tests/unit and tests/e2e passes.

    They run in a copy of the module, with its locked packages, by pytest, vitest, jest or
    node:test under the platform's configuration, without the caller's environment and without
    files of the machine.
    At the end of each file of tests runs a failing test of the gate, with the hooks, fixtures and
    marks of that file; in Python it also puts a failing function under each decorator of the tests.
    Where one does not fail as it has to, no failure of the module's would have been told: that is a
    finding, or for a fixture or hook of pytest inconclusive. So a file that counts how often its
    `beforeEach` or its fixtures ran sees one test more than it has: count in a `describe` or class,
    or say "at least".
    A run that takes longer than `test_timeout` (300 s unless the policy says less) is stopped
    with all that it started, and is inconclusive.

    Why: a module that fails its own tests is not what its authors meant to release.
    Bad: `assert shorten("abc", 2) == "abc"`
    Good: every test passes in a clean copy on another machine
    Fix: run the tests and fix what fails; tests must not need files outside the module.
    """
    for failure in tests.failures:
        yield tests_pass.finding(
            f"{failure.name}: {failure.message}",
            Location(failure.path, failure.line),
            fix="correct the code or the test",
            detail=failure.detail[-4000:] or None,
        )
    if not tests.failures and tests.failed:
        yield tests_pass.finding(
            f"{tests.failed} tests failed", "", fix="correct the code or the tests"
        )
