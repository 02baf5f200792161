"""The nouns that everything else passes along: plain, frozen data without I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from gates.records import dataclass, field, replace


class Stage(StrEnum):
    """The seven mandatory stages; their order is the order of definition."""

    LINT_MANIFEST = "lint-manifest"
    LINT = "lint"
    TEST = "test"
    BUILD = "build"
    SCAN = "scan"
    PUBLISH = "publish"
    RELEASE = "release"

    @property
    def before(self) -> tuple[Stage, ...]:
        """The stages that come before this one, in order."""
        stages = tuple(Stage)
        return stages[: stages.index(self)]


class Level(StrEnum):
    """How much a finding weighs. Only an error fails its check."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Verdict(StrEnum):
    """How a check, a stage or a run ended."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive."""
        return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}[self]

    @staticmethod
    def worst(verdicts: Iterable[Verdict]) -> Verdict:
        """The worst of several; of none at all, inconclusive: nothing was looked at.

        A fail is worse than an inconclusive: it is known to be wrong, and no tool that is
        installed later can change it. Both block a release.
        """
        order = tuple(Verdict)
        return max(verdicts, key=order.index, default=Verdict.INCONCLUSIVE)


@dataclass(frozen=True, order=True)
class Location:
    """Where a finding is. Lines and columns count from 1, columns in characters."""

    path: str
    """Relative to the module's root, with forward slashes; "" for the module as a whole."""
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    """One past the last character on the same line; None where the end is not known."""
    object: str | None = None
    """A database object ("table public.tenant_x_y"), where there is no better place."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return f"{place} ({self.object})" if place and self.object else place or self.object or "."


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where, and how to fix it."""

    check: str
    """The id of the check that found it."""
    message: str
    location: Location
    level: Level = Level.ERROR
    fix: str | None = None
    """What to write or do instead, in a sentence or a statement that can be pasted."""
    detail: str | None = None
    """Longer evidence: a diff, the statement that leaked, the end of a tool's output."""
    excerpt: str | None = None
    """The source line at the location, for the caret."""
    rule: str | None = None
    """The third-party tool's own name of its rule."""
    definition: str = ""
    """Of a deviation from the standard's shapes: the digest of the definition that is approved, if
    it is. "" for every other finding."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same when lines move: what a waiver may name.

        Of a deviation they hold the object and its definition, so that another text asks again.
        """
        parts: tuple[str, ...] = (
            self.check,
            self.rule or "",
            self.location.path,
            self.location.object or "",
            (self.excerpt or "").strip() or self.message,
        )
        if self.definition:
            parts = (self.check, self.location.object or self.location.path, self.definition)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def sort_key(self) -> tuple[str, int, int, str, str, str]:
        """Place first, so that a file reads from top to bottom."""
        where = self.location
        return (
            where.path,
            where.line or 0,
            where.column or 0,
            where.object or "",
            self.check,
            self.message,
        )


@dataclass(frozen=True)
class RanRecord:
    """What proves that something really ran: a program, a database proof, a step."""

    name: str
    version: str = ""
    exit_status: int | None = None
    subjects: int = 0
    """How many files, tables, tests or packages it looked at."""
    seconds: float = 0.0
    detail: str = ""
    sandbox: str = ""
    """The walls that stood around it ("bubblewrap+landlock+seccomp", "none"); "" for no sandbox."""


@dataclass(frozen=True)
class FileCoverage:
    """How many lines of one source file the tests ran."""

    path: str
    lines: int
    covered: int
    functions: int = 0
    """How many functions were measured; 0 where lines alone are."""
    branches: int = 0
    covered_branches: int = 0

    @property
    def percent(self) -> float:
        """0 to 100; a file without lines counts as covered."""
        return 100.0 * self.covered / self.lines if self.lines else 100.0


@dataclass(frozen=True)
class CoverageFigure:
    """The figures of one run of tests, and what they have to agree in to compare."""

    lines: int
    covered: int
    runner: str
    """What ran and measured, with its version."""
    settings: str
    """Digest of the configuration that it measured with."""
    files: str
    """Digest of the list of files."""

    @property
    def percent(self) -> float:
        """0 to 100; no lines count as covered."""
        return 100.0 * self.covered / self.lines if self.lines else 100.0

    @property
    def detail(self) -> str:
        """As a record holds it."""
        values = {"lines": self.lines, "covered": self.covered}
        return json.dumps({**values, "settings": self.settings, "files": self.files})


@dataclass(frozen=True, order=True)
class LockSpan:
    """A table that a migration locked, measured with rows, until its transaction ended."""

    path: str
    line: int
    """Of the statement that took the lock."""
    table: str
    mode: str
    """As PostgreSQL's documentation writes it: "ACCESS EXCLUSIVE"."""
    blocks: str
    """Who waits, in words."""
    seconds: float
    rows: int
    """How many rows each table had."""
    released: bool
    """Whether a released version made the table: nobody waits for one that is new."""


@dataclass(frozen=True)
class Reused:
    """Where a result comes from that was kept by an earlier run."""

    made: str
    """When the check ran: RFC 3339, UTC."""
    key: str
    """The id of the key that signed the result."""


@dataclass(frozen=True)
class CheckResult:
    """How one check ended, with everything that it found."""

    check: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()
    """Findings that a waiver covers; they do not count, and are still shown."""
    records: tuple[RanRecord, ...] = ()
    reason: str | None = None
    """Why it is inconclusive, or what a refusal says."""
    hint: str | None = None
    """The one command or edit that helps."""
    refused: bool = False
    """Evidence was refused: exit code 4 rather than 1."""
    seconds: float = 0.0
    provider: str = "axon-gates"
    """Distribution and version that the check came from."""
    reused: Reused | None = None
    """The earlier run that found this; None where the check ran now."""
    catalog: Mapping[str, str] = field(default_factory=dict)
    """What it asked the catalog (a JSON list of a method and its arguments), with the digest of the
    answer."""
    baselined: tuple[Finding, ...] = ()
    """Findings that the module's baseline holds; they do not count, and are still shown."""


@dataclass(frozen=True)
class StageResult:
    """How one stage ended: the worst of its checks."""

    stage: Stage
    checks: tuple[CheckResult, ...] = ()
    seconds: float = 0.0
    """From the start of its first check to the end of its last; other stages may run meanwhile."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """What the stage made, by name: bundle digest, reference in the registry, catalog row."""
    started: str = ""
    """RFC 3339, UTC."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the checks; a stage without checks is inconclusive."""
        return Verdict.worst(check.verdict for check in self.checks)

    @property
    def refused(self) -> bool:
        """Whether evidence was refused."""
        return any(check.refused for check in self.checks)

    def findings(self) -> Iterator[Finding]:
        """Every open finding, in a fixed order."""
        for result in self.checks:
            yield from result.findings


def with_excerpt(finding: Finding, lines: tuple[str, ...] | None) -> Finding:
    """The finding with the source line that its location names, cut to 200 characters."""
    number = finding.location.line
    if finding.excerpt is not None or lines is None or not number or number > len(lines):
        return finding
    return replace(finding, excerpt=lines[number - 1][:200])
