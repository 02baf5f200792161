"""Runs a module's own tests in a sandbox, and says what they did and what they covered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gates.digests import digest_of
from gates.model import CoverageFigure, FileCoverage, RanRecord
from gates.module import Module
from gates.records import dataclass, field, replace
from gates.toolchains.folders import digest_folder
from gates.toolchains.problem import Problem
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools

FOLDERS = ("tests/unit", "tests/e2e")


@dataclass(frozen=True)
class Lines:
    """The lines of one file with a statement on them, by what became of them."""

    ran: frozenset[int]
    missed: frozenset[int]


@dataclass(frozen=True)
class Failure:
    """One test that failed, or one test file that could not be loaded."""

    path: str
    """Relative to the module's root; "" where no file of the module is to be seen."""
    line: int | None
    name: str
    message: str
    """Its first line."""
    detail: str = ""
    """All of it."""


@dataclass(frozen=True)
class TestRun:
    """What one run of a module's test suite came to."""

    __test__ = False

    collected: int
    passed: int
    failed: int
    skipped: int
    failures: tuple[Failure, ...] = ()
    files: tuple[FileCoverage, ...] = ()
    """Every source file under src, also one that no test loads."""
    lines: Mapping[str, Lines] = field(default_factory=dict)
    """The lines that `files` counts, by path."""
    measured: CoverageFigure | None = None
    """The figure of all lines, as evidence keeps it; None where nothing was measured."""
    runner: str = ""
    """What ran them and measured, with its version, without which no two figures compare."""
    unmeasured: tuple[Problem, ...] = ()
    """Code under src that the coverage should have counted and has not."""
    seen: frozenset[str] = frozenset()
    """What the runner collected, in the language's own terms: see its `find_idle_tests`."""
    skipped_files: frozenset[str] = frozenset()
    """Files with tests of which every one was skipped, or is marked as to be done."""
    records: tuple[RanRecord, ...] = ()
    sandbox: str = ""
    """The layers of the sandbox around the tests ("landlock+seccomp", "none")."""

    @property
    def line_coverage(self) -> float | None:
        """Per cent of the lines under src that ran; None where there is not one line to run."""
        lines = sum(file.lines for file in self.files)
        return 100.0 * sum(file.covered for file in self.files) / lines if lines else None

    @property
    def branch_coverage(self) -> float | None:
        """Per cent of the branches under src that were taken; None where there is none."""
        branches = sum(file.branches for file in self.files)
        taken = sum(file.covered_branches for file in self.files)
        return 100.0 * taken / branches if branches else None


def run_tests(session: Session) -> TestRun:
    """Run tests/unit and tests/e2e of the session's module, with coverage over src.

    They run in a new copy of the module's files, so that no report of an earlier run counts.
    Raises `CouldNotCheckError` without an environment, and `ToolFailedError` where the run
    crashed, was stopped by the time limit of the policy, or left no report.
    """
    from gates.toolchains.languages import language_of

    tools, language = Tools(session), language_of(session.module)
    if not find_test_files(session.module):
        return TestRun(0, 0, 0, 0, records=(RanRecord("tests", "", 0, 0, 0.0, "no test files"),))
    made = language.run_tests(tools)
    if made.files:
        lines, covered = (sum(getattr(e, n) for e in made.files) for n in ("lines", "covered"))
        files = digest_of(sorted(each.path for each in made.files))
        config = digest_folder(Path(__file__).parent / "languages" / language.name / "config")
        measured = CoverageFigure(lines, covered, made.runner, config, files)
        count = len(made.files)
        tools.records.append(
            RanRecord("coverage", made.runner, subjects=count, detail=measured.detail)
        )
        made = replace(made, measured=measured)
    return replace(made, records=tuple(tools.records), sandbox=tools.sandbox)


def find_test_files(module: Module) -> list[str]:
    """The files that the language's test runner would collect, in order."""
    from gates.toolchains.languages import language_of

    language, folders = language_of(module), tuple(f"{folder}/" for folder in FOLDERS)
    return sorted(
        path
        for path in module.files
        if path.startswith(folders) and language.is_test(PurePosixPath(path))
    )
