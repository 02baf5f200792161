"""The tests run enough of the module's lines."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, Stage
from gates.settings import Policy
from gates.toolchains import TestRun

NAMED = 3


@check(Stage.TEST)
def coverage(tests: TestRun, policy: Policy) -> Iterator[Finding]:
    """The module's tests run at least 70 per cent of the lines under src, or what the policy says.

    Measured in this very run, over every source file, also those that no test loads. Reports in
    the module's repo are not read, and comments that take lines out do not count.

    What was measured is held against the syntax trees of the sources: every statement, and in
    TypeScript every function and branch. jest and node:test name only blocks that never ran, so
    their branches are those of the tree. No text in a source takes lines out; what is not counted
    is reported. Where several statements share a line it ran only if all of them did; Python tells
    no such line apart, so it is reported. A body that is `...`, and imports under
    `if TYPE_CHECKING:`, do not count as lines.
    pytest runs the tests in the process that is measured: code that a test compiles under the name
    of a source counts as that source's.
    Where the policy asks for it, branches and each single file have a smallest coverage, too.

    Why: lines that no test runs are first run by a tenant.
    Bad: tests for one of five files
    Good: each file's main path and its errors are run by a test
    Fix: test the files that the finding names; they hold the most lines that never ran.
    """
    for problem in tests.unmeasured:
        yield coverage.finding(problem.message, problem.location, fix=problem.fix)
    percent = tests.line_coverage
    if percent is None:
        if tests.collected == 0:
            percent = 0.0
        else:
            raise CouldNotCheckError("the tests ran, and not one line of src was measured")
    yield from _branches_and_files(tests, policy)
    if percent >= policy.coverage:
        return
    missing = sorted(
        (file for file in tests.files if file.covered < file.lines),
        key=lambda file: (file.covered - file.lines, file.path),
    )
    names = ", ".join(f"{file.path} ({file.percent:.0f} %)" for file in missing[:NAMED])
    yield coverage.finding(
        f"the tests run {percent:.1f} % of the lines, and {policy.coverage:g} % are needed",
        Location(missing[0].path if missing else "tests"),
        fix=f"test the least covered files: {names}" if names else "write tests",
        detail="\n".join(f"{file.percent:5.1f} %  {file.path}" for file in missing) or None,
    )


def _branches_and_files(tests: TestRun, policy: Policy) -> Iterator[Finding]:
    """What the policy asks for beside the lines of all files; nothing where it asks for nothing."""
    branches = tests.branch_coverage
    if branches is not None and branches < policy.coverage_branches:
        least = max(tests.files, key=lambda file: file.branches - file.covered_branches)
        yield coverage.finding(
            f"the tests take {branches:.1f} % of the branches, and {policy.coverage_branches:g} %"
            " are needed",
            Location(least.path),
            fix=f"test both ways of the conditions, first in {least.path}",
        )
    for file in tests.files:
        if file.percent < policy.coverage_file:
            yield coverage.finding(
                f"the tests run {file.percent:.1f} % of the lines of this file, and"
                f" {policy.coverage_file:g} % of each are needed",
                Location(file.path),
                fix="test the lines of this file that never ran",
            )
