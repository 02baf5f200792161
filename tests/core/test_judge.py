"""Policy, waivers and dates meet the findings in one place, and nothing is dropped."""

from __future__ import annotations

from datetime import date, timedelta

from gates.judge import judge
from gates.model import CheckResult, Finding, Level, Location, Stage, StageResult, Verdict
from gates.settings import Policy, Waiver

TODAY = date(2026, 11, 24)
FOUND = Finding("eslint", "Unexpected any.", Location("src/index.ts", 3, 1), excerpt="let a: any")


def waiver(**changed: object) -> Waiver:
    values = {
        "check": "eslint", "reason": "r", "owner": "o", "approver": "a",
        "expires": date(2026, 12, 31), "path": "src/index.ts",
    }  # fmt: skip
    return Waiver(**{**values, **changed})


def judged(*findings: Finding, policy: Policy, verdict: Verdict = Verdict.FAIL, **more: object):
    result = CheckResult("eslint", verdict, findings, **more)
    return judge(StageResult(Stage.LINT, (result,)), policy, TODAY, {"eslint"})


def test_a_waived_finding_passes_and_is_still_shown():
    stage = judged(FOUND, policy=Policy(waivers=(waiver(),)))
    assert stage.verdict is Verdict.PASS
    assert stage.checks[0].waived == (FOUND,)


def test_a_waiver_by_fingerprint_survives_a_move_and_not_a_change():
    by_print = waiver(path=None, fingerprint=FOUND.fingerprint)
    moved = Finding("eslint", FOUND.message, Location("src/index.ts", 9, 1), excerpt=FOUND.excerpt)
    other = Finding("eslint", FOUND.message, Location("src/index.ts", 3, 1), excerpt="let b: any")
    assert judged(moved, policy=Policy(waivers=(by_print,))).verdict is Verdict.PASS
    assert judged(other, policy=Policy(waivers=(by_print,))).verdict is Verdict.FAIL


def test_an_expired_waiver_covers_nothing_and_fails():
    stage = judged(FOUND, policy=Policy(waivers=(waiver(expires=date(2026, 11, 23)),)))
    messages = [finding.message for finding in stage.findings()]
    assert messages == [
        "Unexpected any.",
        "the waiver of eslint for src/index.ts expired on 2026-11-23",
    ]


def test_an_unused_waiver_fails():
    stage = judged(policy=Policy(waivers=(waiver(),)), verdict=Verdict.PASS)
    assert stage.verdict is Verdict.FAIL
    assert [f.message for f in stage.findings()] == [
        "the waiver of eslint for src/index.ts waives nothing"
    ]


def test_what_could_not_be_checked_cannot_be_waived():
    stage = judged(FOUND, policy=Policy(waivers=(waiver(),)), verdict=Verdict.INCONCLUSIVE)
    assert stage.verdict is Verdict.INCONCLUSIVE


def test_a_refusal_cannot_be_waived():
    stage = judged(FOUND, policy=Policy(waivers=(waiver(),)), refused=True)
    assert stage.verdict is Verdict.FAIL


def test_several_waivers_for_one_finding_are_all_in_use():
    stage = judged(FOUND, policy=Policy(waivers=(waiver(), waiver(reason="another"))))
    assert stage.verdict is Verdict.PASS


def test_a_check_is_in_force_from_a_day_on():
    for days, level in ((1, Level.WARNING), (0, Level.ERROR), (-1, Level.ERROR)):
        begins = TODAY + timedelta(days=days)
        stage = judged(FOUND, policy=Policy(effective_on={"eslint": begins}))
        (found,) = stage.findings()
        assert (found.level, found.fingerprint) == (level, FOUND.fingerprint)
        assert str(begins) in found.fix
        assert stage.verdict is (Verdict.PASS if level is Level.WARNING else Verdict.FAIL)
    (plain,) = judged(FOUND, policy=Policy()).findings()
    assert plain == FOUND


def test_the_policy_sets_levels():
    lowered = judged(FOUND, policy=Policy(levels={"eslint": Level.WARNING}))
    assert (lowered.verdict, next(lowered.findings()).level) == (Verdict.PASS, Level.WARNING)
