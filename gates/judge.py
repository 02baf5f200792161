"""Judging: the one place where policy, waivers and today's date meet what the checks found."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from gates.baseline import FILE, Baseline, match, stale
from gates.model import CheckResult, Finding, Level, Location, StageResult, Verdict
from gates.records import replace
from gates.run import verdict_of
from gates.settings import Policy, Waiver

OURS = "axon-gates"
"""How the provider of the gate's own checks begins."""
WAIVERS = "waivers"
"""The id under which expired and unused waivers are reported."""


STALE = "baseline"
"""The id under which a baseline is reported that holds what is not found any more."""


def judge(
    result: StageResult,
    policy: Policy,
    today: date,
    known: Collection[str],
    baseline: Baseline | None = None,
) -> StageResult:
    """The stage result under a policy: levels set, findings waived or known from the baseline, bad
    waivers reported, and entries of the baseline that nothing is found of any more.

    `known` holds the ids of the stage's checks: their waivers and entries are due here. What could
    not be checked can't be waived, and nothing is dropped: a finding that does not count stays in
    the result.
    """
    used: set[Waiver] = set()
    judged = [_judge_check(each, policy, today, used) for each in result.checks]
    if baseline and baseline.lines:
        judged = _without_baselined(judged, baseline, known)
    if any(each.verdict is Verdict.INCONCLUSIVE for each in judged):
        due = {w for w in policy.waivers if w.check in known and w.expires < today}
    else:
        due = {w for w in policy.waivers if w.check in known and w not in used}
    findings = tuple(_bad_waiver(each, policy, today) for each in policy.waivers if each in due)
    if findings:
        judged.append(CheckResult(WAIVERS, Verdict.FAIL, findings))
    return replace(result, checks=tuple(judged))


def judge_alone(result: CheckResult, policy: Policy, today: date) -> CheckResult:
    """The result of a check as `judge` has it, the baseline left out."""
    return _judge_check(result, policy, today, set())


def _judge_check(
    result: CheckResult, policy: Policy, today: date, used: set[Waiver]
) -> CheckResult:
    level = policy.levels.get(result.check)
    begins = policy.effective_on.get(result.check)
    findings = [_effective(_with_level(each, level), begins, today) for each in result.findings]
    opened: list[Finding] = []
    waived: list[Finding] = list(result.waived)
    for finding in findings:
        # Several exceptions for one finding are all in use: each may have its own end and approval.
        covering = {w for w in policy.waivers if _covers(w, finding, today)}
        if not covering or result.refused:
            opened.append(finding)
        else:
            used |= covering
            waived.append(finding)
    verdict = result.verdict
    if verdict is not Verdict.INCONCLUSIVE and not result.refused:
        verdict = verdict_of(opened)
    if verdict is result.verdict and opened == [*result.findings]:
        return result  # and so none is waived now
    return replace(result, verdict=verdict, findings=tuple(opened), waived=tuple(waived))


def _without_baselined(
    judged: list[CheckResult], baseline: Baseline, known: Collection[str]
) -> list[CheckResult]:
    """Results of our own checks without what the baseline holds, and one more where it holds what
    is gone: a check that came to no end says nothing of that."""
    held, matched = [], []
    ended = set()
    for each in judged:
        if each.refused or not each.provider.startswith(OURS):
            held.append(each)
            continue
        found = match(baseline, each.check, each.findings)
        matched.append(found)
        verdict = each.verdict
        if verdict is not Verdict.INCONCLUSIVE:
            verdict = verdict_of(found.new)
            ended.add(each.check)
        held.append(replace(each, verdict=verdict, findings=found.new, baselined=found.old))
    if gone := stale(ended.intersection(known), matched):
        findings = tuple(
            Finding(
                STALE,
                f"the baseline holds {count} more of {entry.shown} than there are",
                Location(FILE, object=entry.object or None),
                fix="gates baseline --update",
            )
            for entry, count in gone
        )
        held.append(CheckResult(STALE, Verdict.FAIL, findings))
    return held


def _covers(waiver: Waiver, finding: Finding, today: date) -> bool:
    if waiver.check != finding.check or waiver.expires < today:
        return False
    if waiver.fingerprint is not None:
        return waiver.fingerprint == finding.fingerprint
    return not finding.definition and waiver.path == finding.location.path


def _with_level(finding: Finding, level: Level | None) -> Finding:
    """The finding at the policy's level. A deviation stays an error: one is approved for its text,
    and not all of them at once."""
    if level is None or finding.definition:
        return finding
    return replace(finding, level=level)


def _effective(finding: Finding, begins: date | None, today: date) -> Finding:
    """The finding as a warning, where its check is not in force yet. Both days are said, beside the
    fix: the message is part of the fingerprint."""
    if begins is None or finding.level is not Level.ERROR or finding.definition:
        return finding
    fix = f"; {finding.fix}" if finding.fix else ""
    if today >= begins:
        return replace(finding, fix=f"a warning before {begins}, an error since{fix}")
    return replace(finding, level=Level.WARNING, fix=f"an error from {begins} on{fix}")


def _bad_waiver(waiver: Waiver, policy: Policy, today: date) -> Finding:
    what = f"the waiver of {waiver.check} for {waiver.path or waiver.fingerprint}"
    if waiver.expires < today:
        message = f"{what} expired on {waiver.expires}"
        fix = "fix the finding, or have the waiver renewed"
    else:
        message = f"{what} waives nothing"
        fix = "remove the waiver"
    place = Location("", object=f"waivers in {policy.sources.get('waivers', 'the policy')}")
    return Finding(WAIVERS, message, place, fix=fix)
