"""The tests run enough of the lines that were changed."""

from __future__ import annotations

from collections.abc import Iterator

from gates.changes import Changes
from gates.check import check
from gates.model import Finding, Level, Location, Stage
from gates.settings import Policy
from gates.toolchains import TestRun

LEAST = 20
"""Changed lines under which a share of them says nothing."""


@check(Stage.TEST)
def coverage_changed(tests: TestRun, policy: Policy, changes: Changes) -> Iterator[Finding]:
    """The tests run as many of the changed lines as the policy asks for of all lines.

    Changed are lines of src that differ from the merge base with the branch of the policy
    (`tests.base_branch`, main), committed or not; `tests.changed_coverage` may ask for more. Lines
    without code do not count. Fewer than 20 are not judged, and neither is a module in no git repo,
    or without a merge base: a note says so.

    Why: the coverage of all lines hides a new file that no test runs.
    Bad: a new file of 60 lines without a test, in a module of 3,000
    Good: a test for what the branch adds
    Fix: test the lines that the finding names.
    """
    if changes.reason:
        yield _note(f"changed lines are not judged: {changes.reason}")
        return
    counted = {path: each for path, each in tests.lines.items() if path in changes.lines}
    missed = {path: each.missed & changes.lines[path] for path, each in counted.items()}
    ran = sum(len(each.ran & changes.lines[path]) for path, each in counted.items())
    total = ran + sum(map(len, missed.values()))
    if total < LEAST:
        what = f"{total} lines with code changed since the merge base {changes.base[:12]}"
        yield _note(f"{what}: fewer than {LEAST} are not judged")
        return
    asked = policy.coverage if policy.coverage_changed is None else policy.coverage_changed
    percent = 100.0 * ran / total
    if percent >= asked:
        return
    path = max(missed, key=lambda each: (len(missed[each]), each))
    lines = ", ".join(map(str, sorted(missed[path])[:10]))
    yield coverage_changed.finding(
        f"the tests run {percent:.1f} % of the {total} changed lines, and {asked:g} % are needed",
        Location(path, min(missed[path])),
        fix=f"test what changed, first the lines {lines} of {path}",
    )


def _note(message: str) -> Finding:
    return coverage_changed.finding(message, Location("src"), level=Level.NOTE)
