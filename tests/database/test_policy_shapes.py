"""Permissive policies, compared as the server prints them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.database import Database
from gates.database.proofs.isolation.prove import prove
from gates.database.shapes.read import read_shapes
from gates.errors import CouldNotCheckError
from gates.model import Verdict
from gates.settings import Policy
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus import table
from tests.database.test_proofs import psql

TENANT = "(auth.jwt() ->> 'tenant_id')::uuid"
OWN = f"tenant_id = {TENANT}"
SOMEBODY = "6f1c1f0e-5f0b-4c55-9d5e-0a1b2c3d4e5f"


def tables(policies: dict[str, str]) -> str:
    """A table for each name, with a policy of its own."""
    parts = []
    for name, using in policies.items():
        full = f"tenant_sample_module_{name}"
        parts.append(
            table(name, "owner_id uuid, title text, shown boolean NOT NULL DEFAULT false,")
            + f"DROP POLICY tenant_isolation ON {full};"
            f"CREATE POLICY tenant_isolation ON {full} USING ({using});"
        )
    return HEAD + "\n".join(parts)


ALLOWED = (
    OWN,
    f"({OWN})",
    f"{TENANT} = tenant_id",
    f"tenant_id = (SELECT {TENANT})",
    f"(SELECT {TENANT}) = tenant_id",
    "tenant_id = CAST(auth.jwt() ->> 'tenant_id' AS uuid)",
    "tenant_id = (auth.jwt() OPERATOR(pg_catalog.->>) 'tenant_id'::text)::uuid",
)
DEVIATING = (
    "true",
    f"{OWN} OR true",
    f"{OWN} AND true",
    f"{OWN} OR shown",
    f"{OWN} OR current_database() = 'prod'",
    f"{OWN} OR tenant_id = '{SOMEBODY}'",
    f"{OWN} OR auth.uid() = '{SOMEBODY}'",
    f"{OWN} OR now() > '2030-01-01'",
    f"{OWN} OR current_setting('app.bypass', true) = 'on'",
    f"{OWN} OR random() < 0.1",
    f"{OWN} AND owner_id = auth.uid()",
    "(auth.jwt() ->> 'tenant_id') = tenant_id::text",
    "tenant_id = nullif(current_setting('request.jwt.claims', true)::json ->> 'tenant_id', '')"
    "::uuid",
    "tenant_id = public.sample_module_tenant()",
    "public.sample_module_mine(tenant_id)",
    "tenant_id IN (SELECT p.tenant_id FROM public.profiles p WHERE p.id = auth.uid())",
    "owner_id = auth.uid()",
    f"owner_id = {TENANT}",
    f"tenant_id <> {TENANT}",
)
FUNCTIONS = (
    "CREATE OR REPLACE FUNCTION sample_module_tenant() RETURNS uuid LANGUAGE sql STABLE"
    f" SET search_path = '' RETURN {TENANT};\n"
    "CREATE OR REPLACE FUNCTION sample_module_mine(t uuid) RETURNS boolean LANGUAGE sql STABLE"
    f" SET search_path = '' RETURN t = {TENANT};\n"
)


def test_what_the_server_prints_alike_is_allowed_and_nothing_else(sql_module, shared):
    every = {f"t{number}": using for number, using in enumerate((*ALLOWED, *DEVIATING))}
    sql = tables(every).replace(HEAD, HEAD + FUNCTIONS, 1)
    result = results(sql_module({"001_more.sql": sql}), shared, "policy-shape")["policy-shape"]
    assert result.reason is None
    found = {each.location.object for each in result.findings}
    assert found == {
        f"policy tenant_isolation on public.tenant_sample_module_t{number}"
        for number in range(len(ALLOWED), len(every))
    }
    assert all(each.definition and each.location.line for each in result.findings)


def test_policies_that_narrow_and_those_of_no_tenant_are_free(sql_module, shared):
    sql = (
        f"{HEAD}DROP POLICY IF EXISTS few ON {TABLE};"
        f"CREATE POLICY few ON {TABLE} AS RESTRICTIVE USING (current_database() <> 'x' AND true);"
        f"DROP POLICY IF EXISTS jobs ON {TABLE};"
        f"CREATE POLICY jobs ON {TABLE} TO service_role USING (true);"
    )
    found = results(sql_module({"001_more.sql": sql}), shared, "policy-shape", "tenant-isolation")
    for result in found.values():
        assert (result.verdict, result.reason, result.findings) == (Verdict.PASS, None, ())


def test_a_shape_of_the_organisation_is_allowed_on_every_table(sql_module, database):
    member = (
        "EXISTS (SELECT FROM public.memberships m WHERE m.profile_id = auth.uid()"
        " AND m.tenant_id = {})"
    )
    module = sql_module({"001_more.sql": tables(
        {name: member.format(f"tenant_sample_module_{name}.tenant_id") for name in "ab"}
    )})  # fmt: skip
    shape = member.format(":table.:column")
    assert len(read_shapes(database(module)).policies) == 2
    opened = database(module, replace(Policy(), policy_shapes=(shape,)))
    assert read_shapes(opened).policies == ()
    assert prove(opened).leaks == ()


def test_a_shape_that_fits_no_table_is_said(sql_module, database):
    opened = database(sql_module(), replace(Policy(), policy_shapes=("nothing = :column",)))
    with pytest.raises(CouldNotCheckError, match="fits none of the module's tables: column"):
        read_shapes(opened)


def fingerprint(database: Database) -> str:
    ((_, _, deviation),) = read_shapes(database).policies
    return deviation.digest


def test_an_approval_holds_for_the_text_and_all_that_it_calls(sql_module, database):
    def module(function: str, more: str = ""):
        body = f"CREATE OR REPLACE FUNCTION sample_module_mine(t uuid) RETURNS boolean {function};"
        policy = (
            f"ALTER POLICY tenant_isolation ON {TABLE} USING (sample_module_mine(tenant_id) {more})"
            f" WITH CHECK ({OWN});"
        )
        return sql_module({"001_more.sql": f"{HEAD}{body}\n{policy}"})

    head = "LANGUAGE sql STABLE SET search_path = ''"
    first = fingerprint(database(module(f"{head} RETURN t = {TENANT}")))
    assert first == fingerprint(database(module(f"{head}  RETURN  (t = {TENANT})")))
    assert first != fingerprint(database(module(f"{head} RETURN t = {TENANT} OR true")))
    assert first != fingerprint(database(module(f"{head} RETURN t = {TENANT}", "OR true")))


@pytest.mark.parametrize(
    ("using", "check", "says"),
    [
        (f"{OWN} OR tenant_id IS NOT NULL", OWN, "reads, changes and deletes rows of another"),
        (OWN, f"{OWN} OR tenant_id IS NOT NULL", "adds and gives away rows of another"),
    ],
)
def test_what_a_deviation_lets_through_is_proved_as_well(
    using, check, says, sql_module, shared, database, server_url
):
    policy = f"ALTER POLICY tenant_isolation ON {TABLE} USING ({using}) WITH CHECK ({check});"
    module = sql_module({"001_more.sql": HEAD + policy})
    found = results(module, shared, "policy-shape", "tenant-isolation")
    (shape,) = found["policy-shape"].findings
    assert f"the policy tenant_isolation on public.{TABLE} lets rows through where" in shape.message
    (leak,) = found["tenant-isolation"].findings
    assert says in leak.message
    opened = database(module)
    script = prove(opened).leaks[0].script
    with opened.clone() as clone:
        shown = psql(shared, server_url.replace("/postgres?", f"/{clone.name}?"), script)
    assert "ERROR" not in shown
