"""What all formats tell of a report: findings with their waivers, and what is not known. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gates.model import CheckResult, Finding, Level, Stage, StageResult, Verdict
from gates.records import dataclass, replace
from gates.report.causes import Standing, Told, standings
from gates.report.doubles import Places
from gates.report.words import plural
from gates.stages import STAGES_BEFORE

if TYPE_CHECKING:
    from gates.report import Report
    from gates.settings import Waiver

TREND = "baseline-kept"
"""The check that says in a note how much a baseline holds."""
MARKS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.INCONCLUSIVE: "?"}


@dataclass(frozen=True)
class Entry:
    """One finding, and where in the run it was made."""

    stage: StageResult
    result: CheckResult
    finding: Finding
    waived: bool = False
    """Whether it does not count: a waiver, an approval or the baseline covers it."""
    baselined: bool = False
    """Whether it is the baseline that covers it."""
    first: Finding | None = None
    """An earlier finding of another check that is about the same fault."""


@dataclass(frozen=True)
class Lacking:
    """What could not be checked, and the checks that lack it."""

    stage: StageResult
    checks: tuple[str, ...]
    reason: str
    hint: str | None


def entries(report: Report) -> Iterator[Entry]:
    """Every finding, whether it counts or not, in the order of the report."""
    for stage in report.stages:
        for result in stage.checks:
            yield from (Entry(stage, result, each) for each in result.findings)
            yield from (Entry(stage, result, each, waived=True) for each in result.waived)
            yield from (Entry(stage, result, each, True, True) for each in result.baselined)


def opened(report: Report) -> list[Entry]:
    """The findings that count, in the order of the report; doubles name the first of them."""
    places = Places()
    counting = (each for each in entries(report) if not each.waived)
    return [replace(each, first=places.add(each.finding)) for each in counting]


def ranked(found: Sequence[Entry]) -> list[Entry]:
    """The worst first, of them causes before what may follow from them, and of each check one
    before the second of any: what is cut off repeats."""
    levels, seen = list(Level), dict[tuple[str, Level], int]()
    keyed = []
    for number, (each, standing) in enumerate(zip(found, standings_of(found), strict=True)):
        kind = (each.finding.check, each.finding.level)
        seen[kind] = seen.get(kind, 0) + 1
        keyed.append((levels.index(each.finding.level), standing, seen[kind], number, each))
    return [each for *_, each in sorted(keyed, key=lambda key: key[:4])]


def standings_of(found: Sequence[Entry]) -> list[Standing]:
    """Which of these findings of one report are causes, and which may follow from them."""
    findings = (each.finding for each in found)
    return standings(Told("", each.check, each.rule or "", each.message) for each in findings)


def lacking(report: Report) -> list[Lacking]:
    """What could not be checked; checks of a stage that lack the same thing are one entry."""
    return [each for stage in report.stages for each in lacking_in(stage)]


def lacking_in(stage: StageResult) -> list[Lacking]:
    """What could not be checked in one stage; that it was not attempted is no entry."""
    grouped: dict[tuple[str, str | None], list[str]] = {}
    for result in stage.checks:
        if result.verdict is Verdict.INCONCLUSIVE and result.check != STAGES_BEFORE:
            grouped.setdefault((result.reason or "", result.hint), []).append(result.check)
    return [Lacking(stage, tuple(ids), *why) for why, ids in grouped.items()]


def not_attempted(stage: StageResult) -> str | None:
    """Why a stage was not attempted; None where it was."""
    first = stage.checks[0] if stage.checks else None
    return (first.reason or "") if first and first.check == STAGES_BEFORE else None


def waiver_of(finding: Finding, waivers: Sequence[Waiver]) -> Waiver | None:
    """The waiver that covers a waived finding: the first of its check that names it."""
    for waiver in waivers:
        if waiver.check == finding.check and (
            waiver.fingerprint == finding.fingerprint
            if waiver.fingerprint is not None
            else not finding.definition and waiver.path == finding.location.path
        ):
            return waiver
    return None


def ended(report: Report) -> str:
    """How the run ended, in words."""
    if any(stage.refused for stage in report.stages):
        return "refused"
    return {
        Verdict.PASS: "passed",
        Verdict.FAIL: "failed",
        Verdict.INCONCLUSIVE: "inconclusive: what could not be checked has not passed",
    }[report.verdict]


def outcome(report: Report) -> str:
    """What has come of the version, and what is to be done next, for who does not read code."""
    checks = [each for stage in report.stages for each in stage.checks]
    failing = sum(each.verdict is Verdict.FAIL for each in checks)
    unknown = sum(len(each.checks) for each in lacking(report))
    if report.verdict is Verdict.PASS:
        ran = {each.stage: each for each in report.stages}
        if released := ran.get(Stage.RELEASE):
            return f"Released: it is in the catalog, as row {released.outputs.get('row', '?')}."
        rest = ", ".join(each.value for each in Stage if each not in ran)
        return f"Not released: nothing stands against it so far, and {rest} did not run."
    parts = []
    if failing:
        parts.append(
            f"{plural(failing, 'check')} failed, and each finding below says what repairs it"
        )
    if unknown:
        why = "could not be carried out, and what helps is said below"
        parts.append(f"{plural(unknown, 'check')} {why}")
    return f"Cannot be released: {'; '.join(parts) or 'a stage has looked at nothing'}."


def counts(stage: StageResult) -> str:
    """How many checks a stage has, and what they came to, in words."""
    if (reason := not_attempted(stage)) is not None:
        return reason
    levels = [each.level for each in stage.findings()]
    unknown = sum(each.verdict is Verdict.INCONCLUSIVE for each in stage.checks)
    waived = [each for result in stage.checks for each in result.waived]
    approved = sum(bool(each.definition) for each in waived)
    parts = [plural(len(stage.checks), "check")]
    if earlier := sorted(each.reused.made for each in stage.checks if each.reused):
        parts.append(f"{len(earlier)} reused, from {earlier[0][11:16]}")
    parts += [
        plural(count, level.value)
        for level in (Level.ERROR, Level.WARNING)
        if (count := levels.count(level))
    ]
    if unknown:
        parts.append(f"{unknown} inconclusive")
    if approved:
        parts.append(plural(approved, "approved deviation"))
    if others := len(waived) - approved:
        parts.append(f"{others} waived")
    if old := sum(len(result.baselined) for result in stage.checks):
        parts.append(f"{old:,} in the baseline")
    return ", ".join(parts)


def told(report: Report) -> str:
    """What the run found in all, in words: open findings, what is not known, what was waived."""
    found = list(entries(report))
    levels = [each.finding.level for each in found if not each.waived]
    unknown = sum(len(each.checks) for each in lacking(report))
    parts = [plural(n, level.value) for level in Level if (n := levels.count(level))]
    parts += [plural(unknown, "inconclusive check")] if unknown else []
    old = sum(each.baselined for each in found)
    parts += [f"{waived} waived or approved"] if (waived := len(found) - len(levels) - old) else []
    parts += [f"{old:,} in the baseline"] if old else []
    return ", ".join(parts) or "nothing"


def baseline(report: Report) -> str:
    """How much the baseline holds back and how it has changed since the last release, in words; ""
    where there is none."""
    checks = [result for stage in report.stages for result in stage.checks]
    held = [result for result in checks if result.baselined]
    trend = next(
        (f.message for each in checks if each.check == TREND for f in each.findings if f.rule), ""
    )
    if not held:
        return trend
    found = sum(len(each.baselined) for each in held)
    words = f"{plural(found, 'finding')} of {plural(len(held), 'check')} did not count"
    return f"{words}; {trend}" if trend else f"{words}: the baseline holds them"


def side_by_side(report: Report) -> str:
    """Why the seconds of the stages come to more than those of the run, in words; "" where they do
    not."""
    spans = [each.seconds for each in report.stages if each.seconds]
    overlap = len(spans) > 1 and sum(spans) > report.seconds
    return ", with stages side by side" if overlap else ""


def commit(report: Report) -> str:
    """The commit that was checked, and whether anything was that is not in it, in words."""
    if not report.commit:
        return "no commit: the files are in no git repository that can be read"
    return f"commit {report.commit[:12]}, {report.tree}"


def place(report: Report, finding: Finding) -> str:
    """The path of a finding relative to the repository that holds the module; "" for none."""
    parts = [each for each in (report.folder, finding.location.path) if each]
    return "/".join(parts) if finding.location.path else ""


def digest(report: Report) -> str:
    """16 hex digits that change where the verdict, a finding or what is not known changes.

    Times, and lines that moved, are no part of it.
    """
    parts = [report.slug, report.verdict.value]
    for stage in report.stages:
        parts += ["stage", stage.stage.value, stage.verdict.value]
        for result in stage.checks:
            parts += ["check", result.check, result.verdict.value, result.reason or ""]
            for found in (*result.findings, *result.waived, *result.baselined):
                parts += [found.fingerprint, found.level.value, found.message, found.fix or ""]
            parts.append(f"{len(result.waived)} {len(result.baselined)}")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
