"""Deviations that a person approved: let in for exactly their text, and proved all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gates.check import find, stage_checks
from gates.judge import judge
from gates.model import CheckResult, Finding, Stage, StageResult, Verdict
from gates.module import Module
from gates.needs import Needs
from gates.run import run_check
from gates.settings import Policy, Settings, Waiver
from tests.database.conftest import BASE_WITH_OWN_AUDIT, HEAD, TABLE

P = "tenant_sample_module_"
MINE = "(auth.jwt() ->> 'tenant_id')::uuid"
TODAY = date(2026, 11, 24)


def definer(body: str, more: str = "") -> dict[str, str]:
    return {"001_more.sql": f"{HEAD}{more}CREATE OR REPLACE FUNCTION {P}own() RETURNS bigint"
            f" LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$ {body} $$;"}  # fmt: skip


OWN = f"SELECT count(*) FROM public.{TABLE} WHERE tenant_id = {MINE}"
DEVIATING = {
    "owner-rights": definer(OWN),
    "policy-shape": {"001_more.sql": f"{HEAD}ALTER POLICY tenant_isolation ON {TABLE}"
                     f" USING (tenant_id = {MINE} AND title IS NOT NULL)"
                     f" WITH CHECK (tenant_id = {MINE});"},
    "audit-trigger": {"000_init.sql": BASE_WITH_OWN_AUDIT},
    "dynamic-sql": {"001_more.sql": f"{HEAD}DO $$ DECLARE t text := '{TABLE}'; BEGIN EXECUTE"
                    " 'ALTER TABLE ' || quote_ident(t) || ' FORCE ROW LEVEL SECURITY'; END $$;"},
    "run-time-objects": {"001_more.sql": f"{HEAD}CREATE OR REPLACE FUNCTION {P}later() RETURNS void"
                         " LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN IF now() >"
                         f" '2040-01-01' THEN COMMENT ON TABLE public.{TABLE} IS 'x'; END IF;"
                         " END $$;"},
}  # fmt: skip


def found(check_id: str, module: Module, settings: Settings) -> CheckResult:
    needs = Needs(module, Policy(), settings, today=TODAY)
    check = find(check_id)
    assert check is not None
    try:
        return run_check(check, needs)
    finally:
        needs.close()


def approval(finding: Finding, **changed: str) -> Waiver:
    waiver = Waiver(
        finding.check, "counted for the bill", "billing", "database group", date(2027, 1, 1),
        fingerprint=finding.fingerprint,
    )  # fmt: skip
    return replace(waiver, **changed) if changed else waiver


def judged(result: CheckResult, policy: Policy) -> CheckResult:
    stage = StageResult(Stage.TEST, (result,))
    return judge(stage, policy, TODAY, {result.check}).checks[0]


@pytest.mark.parametrize("check_id", DEVIATING)
def test_a_deviation_is_approved_by_its_fingerprint_alone(check_id, sql_module, shared):
    result = found(check_id, sql_module(DEVIATING[check_id]), shared)
    (finding,) = result.findings
    assert f"with the fingerprint {finding.fingerprint}" in (finding.fix or "")
    path = finding.location.path
    for policy in (
        Policy(),
        Policy(waivers=(approval(finding, fingerprint=None, path=path),)),
        Policy(levels={check_id: "note"}),
        Policy(waivers=(approval(finding, fingerprint="0" * 16),)),
    ):
        assert judged(result, policy).verdict is Verdict.FAIL
    approved = judged(result, Policy(waivers=(approval(finding),)))
    assert (approved.verdict, approved.findings, approved.waived) == (Verdict.PASS, (), (finding,))


def test_another_text_asks_again(sql_module, shared):
    (first,) = found("owner-rights", sql_module(definer(OWN)), shared).findings
    helper = (
        f"CREATE OR REPLACE FUNCTION {P}mine(t uuid) RETURNS boolean LANGUAGE sql"
        f" SET search_path = '' AS $$ SELECT {{}} $$;"
    )
    calls = f"SELECT count(*) FROM public.{TABLE} WHERE public.{P}mine(tenant_id)"
    texts = [
        definer(f"{OWN} OR true"),
        definer(calls, helper.format(f"t = {MINE}")),
        definer(calls, helper.format("true")),
        {"001_more.sql": definer(OWN)["001_more.sql"] + f"GRANT EXECUTE ON FUNCTION {P}own() TO"
         f" anon; REVOKE EXECUTE ON FUNCTION {P}own() FROM PUBLIC;"},
    ]  # fmt: skip
    prints = {first.fingerprint}
    for files in texts:
        (finding,) = found("owner-rights", sql_module(files), shared).findings
        prints.add(finding.fingerprint)
    assert len(prints) == 1 + len(texts)


def test_what_is_approved_is_proved_all_the_same(sql_module, shared):
    leaks = definer(f"SELECT count(*) FROM public.{TABLE}")
    result = found("tenant-isolation", sql_module(leaks), shared)
    (finding,) = result.findings
    assert "shows one tenant the rows of another" in finding.message
    assert found("tenant-isolation", sql_module(definer(OWN)), shared).findings == ()


def test_every_check_with_deviations_says_so_on_its_page():
    pages = {each.id: each.doc for stage in Stage for each in stage_checks(stage)}
    assert all("approved" in pages[check_id] for check_id in DEVIATING)
