"""Policies that behave well for the tenants of a proof and open up elsewhere, and honest ones."""

from __future__ import annotations

import pytest

from gates.database.isolation.prove import prove
from gates.database.policies.expressions import Function, Meaning
from gates.database.policies.unvaried import unvaried
from gates.errors import CouldNotCheckError
from gates.model import Verdict
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus import table
from tests.database.test_proofs import psql

TENANT = "(auth.jwt() ->> 'tenant_id')::uuid"
OWN = f"tenant_id = {TENANT}"
SOMEBODY = "6f1c1f0e-5f0b-4c55-9d5e-0a1b2c3d4e5f"

FUNCTIONS = {
    each.name: each
    for each in (
        Function("auth.jwt", "sql", (), "RETURN nullif(current_setting('request.jwt.claims', true),"
                 " '')::jsonb", True),
        Function("auth.uid", "sql", (), "RETURN (auth.jwt() ->> 'sub')::uuid", True),
        Function("auth.role", "sql", (), "RETURN auth.jwt() ->> 'role'", True),
        Function("app.mine", "sql", ("t",), f"SELECT t = {TENANT}", False),
        Function("app.tenant", "sql", (), f"SELECT {TENANT}", False),
        Function("app.of_user", "sql", (),
                 "SELECT tenant_id FROM profiles WHERE id = auth.uid()", False),
        Function("app.of_all", "sql", (),
                 f"SELECT tenant_id FROM profiles WHERE id = '{SOMEBODY}'", False),
        Function("app.member", "plpgsql", ("t",), "BEGIN RETURN EXISTS (SELECT FROM memberships m"
                 " WHERE m.tenant_id = t AND m.profile_id = auth.uid() AND m.until > now()); END",
                 False),
        Function("app.chosen", "plpgsql", ("t",), f"BEGIN IF t IS NULL THEN RETURN false;"
                 f" END IF; RETURN t = {TENANT}; END", False),
        Function("app.shared", "plpgsql", ("t", "title"), "BEGIN IF title LIKE 'shared:%' THEN"
                 f" RETURN true; END IF; RETURN t = {TENANT}; END", False),
        Function("app.counted", "plpgsql", ("t",), "DECLARE n bigint; BEGIN SELECT count(*) INTO n"
                 f" FROM audit_logs; RETURN n > 200 OR t = {TENANT}; END", False),
        Function("app.later", "plpgsql", ("t",), "BEGIN IF now() > '2030-01-01' THEN RETURN true;"
                 f" END IF; RETURN t = {TENANT}; END", False),
        Function("app.hidden", "plpgsql", ("t",), "DECLARE d text; BEGIN EXECUTE 'SELECT current_'"
                 f" || 'database()' INTO d; RETURN d = 'prod' OR t = {TENANT}; END", False),
        Function("app.foreign", "plpython3u", ("t",), "return True", False),
        Function("app.elsewhere", "plpgsql", ("t",), "DECLARE d text := current_database();"
                 f" BEGIN RETURN d = 'prod' OR t = {TENANT}; END", False),
    )
}  # fmt: skip
MEANING = Meaning(FUNCTIONS, TENANT)

SAME = (
    OWN,
    f"{TENANT} = tenant_id",
    "(auth.jwt() ->> 'tenant_id') = tenant_id::text",
    f"tenant_id = (SELECT {TENANT})",
    "tenant_id = (SELECT auth.jwt() ->> 'tenant_id')::uuid",
    "tenant_id = nullif(current_setting('request.jwt.claims', true)::json ->> 'tenant_id', '')"
    "::uuid",
    "app.mine(tenant_id)",
    "tenant_id = app.tenant()",
)


@pytest.mark.parametrize("expression", SAME)
def test_the_platforms_comparison_is_known_in_every_form(expression):
    assert MEANING.canon(MEANING.parse(expression), {}) == MEANING.comparison or (
        expression == "app.mine(tenant_id)"
    )
    assert MEANING.loose(MEANING.parse(expression), {}, "t") == []


@pytest.mark.parametrize(
    "expression",
    [
        f"{OWN} AND created_at < now() AND title <> current_database()",
        f"{OWN} AND owner_id = auth.uid()",
        "EXISTS (SELECT FROM memberships m WHERE m.profile_id = auth.uid()"
        " AND m.tenant_id = t.tenant_id AND m.until > now())",
        "tenant_id IN (SELECT m.tenant_id FROM memberships m WHERE m.profile_id = auth.uid())",
        "tenant_id = ANY (ARRAY(SELECT m.tenant_id FROM memberships m"
        " JOIN profiles p ON p.id = m.profile_id AND p.id = auth.uid()))",
        "tenant_id = app.of_user()",
        "organization_id = (auth.jwt() ->> 'organization_id')::uuid",
        f"CASE WHEN auth.role() = 'viewer' THEN {OWN} AND NOT hidden ELSE {OWN} END",
        f"{OWN} OR false",
        f"coalesce({OWN}, false)",
        "app.member(tenant_id)",
        "app.chosen(tenant_id)",
    ],
)
def test_honest_policies_are_tied_to_the_session(expression):
    assert MEANING.loose(MEANING.parse(expression), {}, "t") == []


@pytest.mark.parametrize(
    "expression",
    [
        f"{OWN} OR auth.role() = 'service_role'",
        f"{OWN} OR auth.jwt() ->> 'impersonate' IS NOT NULL",
        f"{OWN} OR (auth.jwt() ->> 'is_support')::boolean",
        f"{OWN} OR auth.jwt() ->> 'role' <> 'tenant_app_role'",
        f"{OWN} OR auth.jwt() ? 'support'",
        f"{OWN} OR title = (auth.jwt() ->> 'role')",
        f"{OWN} OR shared_with = {TENANT}",
        f"{OWN} OR EXISTS (SELECT FROM profiles p WHERE p.id = auth.uid() AND p.name = 'admin')",
        "app.shared(tenant_id, title)",
        "app.counted(tenant_id)",
    ],
)
def test_what_no_tenant_holds_is_loose_whatever_it_asks(expression):
    parts = MEANING.loose(MEANING.parse(expression), {}, "t")
    assert [unvaried(MEANING, *part) for part in parts] == [[]]


def test_functions_that_call_one_another_without_end_are_given_up():
    ring = {
        f"app.f{n}": Function(
            f"app.f{n}", "sql", ("t",), f"SELECT app.f{n + 1}(t) OR app.f{n + 1}(t)", False
        )
        for n in range(30)
    }
    meaning = Meaning(FUNCTIONS | ring, TENANT)
    with pytest.raises(CouldNotCheckError, match="too often to be followed"):
        meaning.loose(meaning.parse("app.f0(tenant_id)"), {}, "t")


@pytest.mark.parametrize(
    ("expression", "depends"),
    [
        (f"{OWN} OR tenant_id = '{SOMEBODY}'", f"the id '{SOMEBODY}'"),
        (f"tenant_id = coalesce({TENANT}, '{SOMEBODY}'::uuid)", f"the id '{SOMEBODY}'"),
        (f"{OWN} OR auth.uid() = '{SOMEBODY}'", f"the id '{SOMEBODY}'"),
        (f"{OWN} OR auth.jwt() ->> 'email' = 'me@example.org'", "being 'me@example.org'"),
        (f"{OWN} OR auth.role() = ANY (ARRAY['admin'])", "auth.role() being 'admin'"),
        (f"{OWN} OR current_database() !~~ 'gates%'", "current_database()"),
        (f"{OWN} OR session_user = 'postgres'", "session_user"),
        (f"{OWN} OR current_setting('application_name') = 'psql'", "the setting application_name"),
        (f"{OWN} OR current_setting('app.bypass', true) = 'on'", "which any session may set"),
        (f"{OWN} OR current_setting('app.' || title) = 'on'", "whose name is put together"),
        (f"{OWN} OR version() LIKE '%18%'", "version()"),
        (f"{OWN} OR inet_server_port() = 5432", "inet_server_port()"),
        (f"{OWN} OR now() > '2030-01-01'", "the clock"),
        (f"{OWN} OR CURRENT_DATE > '2030-01-01'", "the clock"),
        (f"{OWN} OR random() < 0.1", "random()"),
        (f"{OWN} OR EXISTS (SELECT FROM pg_catalog.pg_database)", "the system catalog pg_database"),
        (f"{OWN} OR EXISTS (SELECT FROM flags f WHERE f.open)", "what is in flags"),
        ("tenant_id = app.of_all()", f"the id '{SOMEBODY}' (in the function app.of_all)"),
        ("app.later(tenant_id)", "the clock (in the function app.later)"),
        ("app.hidden(tenant_id)", "a statement that is put together while it runs (in the"),
        ("app.foreign(tenant_id)", "a function in plpython3u"),
        ("app.elsewhere(tenant_id)", "current_database() (in the function app.elsewhere)"),
    ],
)
def test_what_a_proof_cannot_vary_is_named(expression, depends):
    parts = MEANING.loose(MEANING.parse(expression), {}, "t")
    assert depends in " ".join(each for part in parts for each in unvaried(MEANING, *part))


def changed(using: str, check: str = OWN, more: str = "") -> dict[str, str]:
    policy = f"ALTER POLICY tenant_isolation ON {TABLE} USING ({using}) WITH CHECK ({check});"
    return {"001_more.sql": f"{HEAD}{more}\n{policy}"}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (changed(f"{OWN} OR current_database() = 'prod'"), "which depends on current_database()"),
        (changed(OWN, f"{OWN} OR tenant_id = '{SOMEBODY}'"), "which depends on the id"),
        (changed(f"{OWN} OR title = 'for all'"), "wherever title = CAST('for all' AS text)"),
        (changed(f"{OWN} OR shown", more=f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS shown"
                 " boolean NOT NULL DEFAULT false;"), "wherever shown, which names no tenant"),
        (changed(f"{OWN} OR EXISTS (SELECT FROM profiles p WHERE p.id = auth.uid()"
                 " AND p.display_name = 'admin')"), "which says nothing of the tenant"),
    ],
)  # fmt: skip
def test_a_policy_that_only_looks_tight_is_found(files, says, sql_module, shared):
    result = results(sql_module(files), shared, "tenant-isolation")["tenant-isolation"]
    assert result.verdict is Verdict.FAIL
    (finding,) = result.findings
    assert says in finding.message
    assert TENANT in finding.fix


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (changed(f"{OWN} OR title = 'for all'"), "reaches B's row"),
        (changed(OWN, f"{OWN} OR title = 'for all'"), "-- accepted"),
    ],
)
def test_a_row_that_a_policy_opens_is_shown(files, says, sql_module, database, shared, server_url):
    opened = database(sql_module(files))
    proof = prove(opened)
    (leak,) = proof.leaks
    assert leak.script.count("'for all'") == 1
    assert says in leak.script
    with opened.clone() as clone:
        shown = psql(shared, server_url.replace("/postgres?", f"/{clone.name}?"), leak.script)
    assert "ERROR" not in shown
    assert (f"{proof.other}|" in shown) == (says == "reaches B's row")


def test_honest_policies_of_many_shapes_give_no_finding(sql_module, shared):
    def policy(name: str, using: str, kind: str = "") -> str:
        full = f"tenant_sample_module_{name}"
        return f"DROP POLICY tenant_isolation ON {full};" + (
            f"CREATE POLICY tenant_isolation ON {full} {kind} USING ({using});"
        )

    member = (
        "EXISTS (SELECT FROM public.memberships m WHERE m.profile_id = auth.uid()"
        " AND m.tenant_id = tenant_sample_module_{}.tenant_id)"
    )
    sql = [
        table("a"), policy("a", member.format("a")),
        table("b"), policy("b", "tenant_id IN (SELECT p.tenant_id FROM public.profiles p"
                                " WHERE p.id = auth.uid())"),
        table("c", "owner_id uuid NOT NULL,"), policy("c", f"{OWN} AND owner_id = auth.uid()"),
        table("d", "organization_id uuid NOT NULL,"),
        policy("d", "organization_id = (auth.jwt() ->> 'organization_id')::uuid AND " + OWN),
        table("e"), policy("e", f"{OWN} OR tenant_id IS NULL"),
        "DROP POLICY IF EXISTS roles ON tenant_sample_module_e;"
        "CREATE POLICY roles ON tenant_sample_module_e AS RESTRICTIVE USING"
        " (auth.role() IN ('tenant_app_role', 'admin') AND now() < 'infinity');",
        table("f"), "CREATE OR REPLACE FUNCTION sample_module_member(t uuid) RETURNS boolean"
        " LANGUAGE plpgsql STABLE SET search_path = '' AS $$ BEGIN RETURN EXISTS (SELECT FROM"
        " public.memberships m WHERE m.profile_id = auth.uid() AND m.tenant_id = t); END $$;",
        policy("f", "public.sample_module_member(tenant_id)"),
    ]  # fmt: skip
    module = sql_module({"001_more.sql": HEAD + "\n".join(sql)})
    for result in results(module, shared, "tenant-isolation", "audit-trigger").values():
        assert (result.verdict, result.reason, [each.message for each in result.findings]) == (
            Verdict.PASS, None, []
        )  # fmt: skip
