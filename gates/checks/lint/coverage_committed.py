"""No report of coverage is committed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.module import Module

_REPORT = re.compile(
    r"lcov\.info|.+\.lcov|(?:coverage|clover|cobertura|jacoco)[\w.-]*\.xml"
    r"|coverage-(?:final|summary)\.json|coverage\.json|\.coverage(?:\..+)?|.+\.gcov",
    re.IGNORECASE,
)


@check(Stage.LINT)
def coverage_committed(module: Module) -> Iterator[Finding]:
    """No report of coverage is part of the module.

    The gate measures in its own run and reads no report. Folders that are build output by name
    (coverage/ and htmlcov/ at the root, .nyc_output, .coverage) are no part of a module at all.

    Why: a report in a repo says what was true once, and is taken for what is true.
    Bad: reports/lcov.info, tests/coverage-final.json
    Good: `coverage/` in .gitignore
    Fix: remove it from the repo, and have .gitignore leave it out.
    """
    for path in sorted(module.files):
        if _REPORT.fullmatch(PurePosixPath(path).name):
            yield coverage_committed.finding(
                "this is a report of coverage, which the gate measures itself",
                Location(path),
                fix="remove it, and have .gitignore leave it out",
            )
