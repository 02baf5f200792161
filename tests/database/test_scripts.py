"""When a script shows what it claims, and what becomes of a finding whose script does not. That
each script of the corpora does is tried where they are run (`witnesses`)."""

from __future__ import annotations

import pytest

from gates.database.proofs.isolation.prove import prove
from gates.database.proofs.tenants.replay import Answer, claim_holds
from gates.model import Level, Verdict
from tests.database.conftest import BASE, HEAD, TABLE, results
from tests.database.corpus.shape import POLICY

A, B = "a" * 8, "b" * 8


@pytest.mark.parametrize(
    ("answers", "holds"),
    [
        ([Answer("reaches B's row", 1)], True),
        ([Answer("reaches B's row", 0)], False),
        ([Answer("reaches C's row", 0, error="42501")], False),
        ([Answer("accepted", 1)], True),
        ([Answer("accepted", 0)], False),
        ([Answer("accepted, though it refers to B's row", 1), Answer("", error="23503")], False),
        ([Answer("only 23505 stops it", error="23505")], True),
        ([Answer("only 23505 stops it", error="42501")], False),
        ([Answer("fails with 23505, since B has the value", 1)], False),
        ([Answer("", error="42P01"), Answer("fails with 23505, since ..", error="25P02")], False),
        ([Answer("should reach A's own row", 0)], True),
        ([Answer("should reach A's own row", 1)], False),
        ([Answer("should reach A's own row", error="25P02")], False),
        ([Answer("before B has rows", rows=("0",)), Answer("depends on B's rows", 1, ("1",))],
         True),
        ([Answer("before B has rows", rows=("1",)), Answer("depends on B's rows", 1, ("1",))],
         False),
        ([Answer("holds B's id", 1, (f"({B})",))], True),
        ([Answer("holds B's id", 1, (f"({A})",))], False),
        ([Answer("as B, and still reaches A", 1, (A,))], True),
        ([Answer("as B, and still reaches A", 1, (B,))], False),
        ([Answer("B's rows before", 1, ("x",)), Answer("changes B's rows", 1),
          Answer("B's rows after", 1, ("y",))], True),
        ([Answer("B's rows before", 1, ("x",)), Answer("changes B's rows", 1),
          Answer("B's rows after", 1, ("x",))], False),
        ([Answer("does not end", error="57014")], True),
        ([Answer("", 3)], False),
        ([], False),
    ],
)  # fmt: skip
def test_a_claim_holds_only_where_the_statements_gave_it(answers, holds):
    assert claim_holds(answers, A, B) is holds


ORGANIZATION = "(auth.jwt() ->> 'organization_id')::uuid"
TO_ORGANIZATION = BASE.replace(
    "tenant_id uuid NOT NULL", "tenant_id uuid NOT NULL REFERENCES organizations (id)"
)


def test_a_tenant_that_is_an_organization_is_not_accused_of_what_the_script_does_not_show(
    sql_module, shared
):
    """Where tenant_id refers to organizations, the row of A is that of the organization A."""
    assert TO_ORGANIZATION != BASE
    assert (
        results(sql_module({"000_init.sql": TO_ORGANIZATION}), shared, "tenant-isolation")[
            "tenant-isolation"
        ].findings
        == ()
    )
    sql = TO_ORGANIZATION.replace("(auth.jwt() ->> 'tenant_id')::uuid", ORGANIZATION)
    found = results(sql_module({"000_init.sql": sql}), shared, "tenant-isolation")
    messages = [each.message for each in found["tenant-isolation"].findings]
    assert any("does not see its own row" in each for each in messages)
    assert not any("rows of another" in each for each in messages)


def test_a_row_that_a_trigger_gives_to_somebody_else_proves_nothing(sql_module, shared):
    sql = f"""
CREATE OR REPLACE FUNCTION sample_module_own() RETURNS trigger LANGUAGE plpgsql
    SET search_path = '' AS $f$
BEGIN NEW.tenant_id := {ORGANIZATION}; RETURN NEW; END $f$;
CREATE OR REPLACE TRIGGER own BEFORE INSERT ON {TABLE} FOR EACH ROW
    EXECUTE FUNCTION sample_module_own();
"""
    found = results(sql_module({"001_more.sql": HEAD + sql}), shared, "tenant-isolation")
    result = found["tenant-isolation"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "has another tenant_id than the tenant's own" in str(result.reason)
    assert result.findings == ()


SECOND = f"CREATE POLICY shown ON {TABLE} FOR SELECT USING (true);"


@pytest.mark.parametrize(
    ("sql", "line", "fix"),
    [
        (BASE + f"DROP POLICY IF EXISTS shown ON {TABLE};\n{SECOND}\n", "CREATE POLICY shown",
         f"DROP POLICY shown ON public.{TABLE};"),
        (BASE.replace(POLICY, "    USING (true);"), "CREATE POLICY tenant_isolation",
         f"DROP POLICY tenant_isolation ON public.{TABLE};\nCREATE POLICY tenant_isolation"),
        (BASE.replace(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY;", ""), "CREATE TABLE",
         f"ALTER TABLE public.{TABLE} ENABLE ROW LEVEL SECURITY;"),
    ],
    ids=["a second policy", "the only policy", "no row security"],
)  # fmt: skip
def test_a_leak_stands_at_its_policy_with_the_fix_for_that_alone(
    sql, line, fix, sql_module, shared
):
    found = results(sql_module({"000_init.sql": sql}), shared, "tenant-isolation")
    finding = next(
        each for each in found["tenant-isolation"].findings if "rows of another" in each.message
    )
    assert finding.level is Level.ERROR
    assert sql.splitlines()[finding.location.line - 1].startswith(line)
    assert finding.fix.startswith(fix)
    assert ("DROP POLICY tenant_isolation" in finding.fix) == ("tenant_isolation" in line)


def test_what_no_script_shows_is_a_warning_and_proves_nothing(sql_module, shared, monkeypatch):
    monkeypatch.setattr("gates.database.proofs.isolation.confirm.shows", lambda *_: False)
    sql = BASE.replace(POLICY, "    USING (true);")
    result = results(sql_module({"000_init.sql": sql}), shared, "tenant-isolation")[
        "tenant-isolation"
    ]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "reads rows of another tenant" in str(result.reason)
    assert {each.level for each in result.findings} == {Level.WARNING}
    assert all(each.message.startswith("could not be shown") for each in result.findings)
    assert all(each.detail for each in result.findings)


NEEDS_MORE = """
CREATE OR REPLACE FUNCTION sample_module_member() RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = ''
    AS $f$ SELECT EXISTS (SELECT FROM public.profiles WHERE id = auth.uid()) $f$;
DROP POLICY IF EXISTS members ON {T};
CREATE POLICY members ON {T} FOR SELECT USING (sample_module_member());
"""


def test_a_leak_that_needs_the_platforms_rows_is_shown_with_them(sql_module, database):
    proof = prove(database(sql_module({"001_more.sql": HEAD + NEEDS_MORE.format(T=TABLE)})))
    (read,) = (each for each in proof.leaks if each.kind == "read")
    assert "INSERT INTO public.profiles" in read.script
    assert proof.not_shown == ()
