"""What functions make when they are called: made in the proof, and held to every rule."""

from __future__ import annotations

import pytest

from gates.model import Verdict
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus import protect

P = "tenant_sample_module_"
EVENTS = f"""
CREATE TABLE IF NOT EXISTS {P}events (
    tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1, PRIMARY KEY (tenant_id, id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE IF NOT EXISTS {P}events_all PARTITION OF {P}events
    FOR VALUES FROM (MINVALUE) TO ('2030-01-01');
""" + protect(f"{P}events") + protect(f"{P}events_all").replace(
    f"CREATE OR REPLACE TRIGGER {P}events_all_audit AFTER INSERT OR UPDATE ON {P}events_all\n"
    "    FOR EACH ROW EXECUTE FUNCTION audit_row_change();\n", "",
)  # fmt: skip
MADE = (
    "EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF"
    f" public.{P}events FOR VALUES FROM (%L) TO (%L)', part, lo, hi);"
)
PROTECTED = """
EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON public.%I', part);
EXECUTE format('CREATE POLICY tenant_isolation ON public.%I USING (tenant_id = (auth.jwt() ->>
    ''tenant_id'')::uuid) WITH CHECK (tenant_id = (auth.jwt() ->> ''tenant_id'')::uuid)', part);
"""
GRANTED = "EXECUTE format('GRANT SELECT, INSERT, UPDATE ON public.%I TO tenant_app_role', part);"


def maker(body: str, head: str = "(part text, lo date, hi date) RETURNS void") -> dict[str, str]:
    function = (
        f"CREATE OR REPLACE FUNCTION sample_module_make{head} LANGUAGE plpgsql\n"
        f"    SET search_path = '' AS $$ BEGIN\n{body}\nEND $$;"
    )
    return {"001_more.sql": HEAD + EVENTS + function}


def test_a_partition_that_a_function_makes_is_held_to_every_rule(sql_module, shared):
    module = sql_module(maker(f"{MADE}\n{GRANTED}"))
    found = results(module, shared, "run-time-objects", "row-security", "tenant-isolation")
    assert found["run-time-objects"].findings == ()
    said = [each.message for each in found["row-security"].findings]
    assert f"row level security is not enabled on the partition {P}made_0" in said
    assert any(
        f"in {P}made_0 a session of one tenant reads" in each.message
        for each in found["tenant-isolation"].findings
    )


def test_a_partition_that_is_protected_gives_no_finding(sql_module, shared):
    checks = (
        "run-time-objects", "row-security", "tenant-isolation", "policy-shape", "audit-trigger",
        "table-columns", "tenant-index", "table-grants", "migration-branches",
    )  # fmt: skip
    module = sql_module(maker(f"{MADE}\n{PROTECTED}"))
    for check, result in results(module, shared, *checks).items():
        found = [each.message for each in result.findings]
        assert (check, result.verdict, result.reason, found) == (check, Verdict.PASS, None, [])


@pytest.mark.parametrize(
    ("body", "head", "says"),
    [
        ("IF now() > '2040-01-01' THEN\n" + MADE + "\nEND IF;",
         "(part text, lo date, hi date) RETURNS void", "ran line 3: CREATE TABLE IF NOT EXISTS"),
        ("IF part = 'x' THEN GRANT SELECT ON " + TABLE + " TO anon; END IF;",
         "(part text) RETURNS void", "ran line 2: GRANT SELECT ON"),
        ("RAISE EXCEPTION 'no'; CREATE TABLE " + P + "x (n int);", "() RETURNS void", "(no), so"),
        ("CREATE TABLE IF NOT EXISTS " + P + "x (n int); RETURN NEW;", "() RETURNS trigger",
         "(it is a trigger function), so"),
        ("CREATE TABLE " + P + "x (n int);", "(a anyrange) RETURNS void", "CREATE TABLE"),
    ],
)  # fmt: skip
def test_a_command_that_no_call_ran_is_a_deviation(body, head, says, sql_module, shared):
    module = sql_module(maker(body, head))
    result = results(module, shared, "run-time-objects")["run-time-objects"]
    (finding,) = result.findings
    assert finding.message.startswith("no call of the function public.sample_module_make(")
    assert says in finding.message
    assert finding.definition


def test_statements_in_sql_functions_are_watched_too(sql_module, shared):
    head = f"{HEAD}CREATE OR REPLACE FUNCTION sample_module_make() RETURNS void LANGUAGE sql AS $$"
    sql = f"{head} SELECT 1; CREATE TABLE IF NOT EXISTS {P}more (n int) $$;"
    found = results(sql_module({"001_more.sql": sql}), shared, "run-time-objects", "row-security")
    assert found["run-time-objects"].findings == ()
    assert any(f"{P}more" in each.message for each in found["row-security"].findings)
