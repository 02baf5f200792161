"""Ways from one tenant to another, each with a module that leaks just so, and near misses of all of
them in one clean module."""

from __future__ import annotations

import pytest

from gates.database.proofs.isolation.prove import prove
from gates.model import Verdict
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus import table
from tests.database.test_proofs import psql

T, P = TABLE, "tenant_sample_module_"
MINE = "(auth.jwt() ->> 'tenant_id')::uuid"


def function(name: str, head: str, body: str, language: str = "sql") -> str:
    """A function with its owner's rights."""
    return (
        f"CREATE OR REPLACE FUNCTION {P}{name} {head} LANGUAGE {language} SECURITY DEFINER"
        f" SET search_path = '' AS $f$ {body} $f$;\n"
    )


def trigger(body: str) -> str:
    return function("spread()", "RETURNS trigger", f"BEGIN {body}; RETURN NEW; END", "plpgsql") + (
        f"CREATE OR REPLACE TRIGGER spread AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
        f" WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION {P}spread();"
    )


def view(options: str = "", grants: str = "SELECT, INSERT, UPDATE, DELETE") -> str:
    return (
        f"CREATE OR REPLACE VIEW {P}w {options} AS SELECT tenant_id, title FROM {T};"
        f"GRANT {grants} ON {P}w TO tenant_app_role;"
    )


LEAKS = {
    # functions, with B's ids as any type
    "text-argument": (
        function("f(t text)", "RETURNS bigint",
                 f"SELECT count(*) FROM public.{T} WHERE tenant_id::text = t"),
        "shows one tenant the rows of another"),
    "json-argument": (
        function("f(q jsonb)", "RETURNS SETOF text",
                 f"SELECT title FROM public.{T} WHERE tenant_id = (q ->> 'tenant_id')::uuid"),
        "shows one tenant the rows of another"),
    "array-argument": (
        function("f(t uuid[])", "RETURNS TABLE (title text)",
                 f"SELECT title FROM public.{T} WHERE tenant_id = ANY (t)"),
        "shows one tenant the rows of another"),
    "variadic-argument": (
        function("f(VARIADIC t uuid[])", "RETURNS bigint",
                 f"SELECT count(*) FROM public.{T} WHERE tenant_id = ANY (t)"),
        "shows one tenant the rows of another"),
    "key-argument": (
        function("f(n bigint, OUT title text, OUT v int)", "RETURNS record",
                 f"SELECT title, version FROM public.{T} WHERE id = n"),
        "shows one tenant the rows of another"),
    "composite-argument": (
        "DO $$ BEGIN CREATE TYPE sample_module_q AS (who uuid, n int);"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        + function("f(q public.sample_module_q)", "RETURNS bigint",
                   f"SELECT count(*) FROM public.{T} WHERE tenant_id = (q).who"),
        "shows one tenant the rows of another"),
    "domain-argument": (
        "DO $$ BEGIN CREATE DOMAIN sample_module_id AS uuid;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        + function("f(q public.sample_module_id)", "RETURNS bigint",
                   f"SELECT count(*) FROM public.{T} WHERE tenant_id = q"),
        "shows one tenant the rows of another"),
    "default-argument": (
        function("f(t uuid DEFAULT NULL)", "RETURNS bigint",
                 f"SELECT count(*) FROM public.{T} WHERE t IS NULL AND tenant_id IS NOT NULL"),
        "shows one tenant the rows of another"),
    "text-that-is-run": (
        function("f(t text)", "RETURNS bigint",
                 f"DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM public.{T} WHERE title ='"
                 " || ' ''' || t || '''' INTO n; RETURN n; END", "plpgsql"),
        "shows one tenant the rows of another"),
    "statement-that-is-run": (
        function("f(t text)", "RETURNS text",
                 "DECLARE n text; BEGIN EXECUTE t INTO n; RETURN n; END", "plpgsql"),
        "shows one tenant the rows of another"),
    "only-for-authenticated": (
        function("f()", "RETURNS bigint", f"SELECT count(*) FROM public.{T}")
        + f"REVOKE EXECUTE ON FUNCTION {P}f() FROM PUBLIC;"
        f"GRANT EXECUTE ON FUNCTION {P}f() TO authenticated;",
        "shows one tenant the rows of another"),
    "becomes-another": (
        f"CREATE OR REPLACE FUNCTION {P}f(t uuid) RETURNS bigint LANGUAGE plpgsql AS $f$ BEGIN"
        " PERFORM set_config('request.jwt.claims',"
        " jsonb_build_object('tenant_id', t)::text, true);"
        f" RETURN (SELECT count(*) FROM public.{T}); END $f$;",
        "shows one tenant the rows of another"),
    "procedure-writes": (
        f"CREATE OR REPLACE PROCEDURE {P}p(t uuid, OUT n int) LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = '' AS $f$ BEGIN UPDATE public.{T} SET title = '' WHERE tenant_id = t;"
        " n := 1; END $f$;",
        "lets one tenant change the rows of another"),
    "reads-the-platforms-tables": (
        function("f()", "RETURNS SETOF text", "SELECT email FROM public.profiles"),
        "shows one tenant the rows of another"),
    # what acts behind a write
    "definer-trigger": (
        trigger(f"UPDATE public.{T} SET title = NEW.title WHERE id <> NEW.id"),
        "it acts on every INSERT"),
    "rule": (
        f"CREATE OR REPLACE RULE spread AS ON UPDATE TO {T} DO ALSO"
        f" DELETE FROM {T} WHERE tenant_id <> NEW.tenant_id;",
        "it acts on every UPDATE"),
    # views that can be written
    "view-update": (view(grants="UPDATE"), "take over rows of another"),
    "view-insert": (view(grants="INSERT"), "add rows of another"),
    "view-delete": (view(grants="DELETE"), "delete rows of another"),
    "view-instead-of": (
        view("WITH (security_invoker = true)", "SELECT, DELETE")
        + function("gone()", "RETURNS trigger",
                   f"BEGIN DELETE FROM public.{T}; RETURN OLD; END", "plpgsql")
        + f"CREATE OR REPLACE TRIGGER gone INSTEAD OF DELETE ON {P}w FOR EACH ROW"
        f" EXECUTE FUNCTION {P}gone();",
        "delete rows of another"),
    "view-rule": (
        view("WITH (security_invoker = true)", "SELECT, DELETE")
        + f"CREATE OR REPLACE RULE gone AS ON DELETE TO {P}w DO INSTEAD DELETE FROM {T};",
        "delete rows of another"),
    # keys, other roles, sequences
    "exclusion": (
        table("slots", "during int4range NOT NULL, CONSTRAINT slots_excl"
              " EXCLUDE USING gist (during WITH &&),"),
        "exclusion constraint slots_excl spans tenants"),
    "policy-for-anon": (
        f"DROP POLICY IF EXISTS shown ON {T};"
        f"CREATE POLICY shown ON {T} FOR SELECT TO anon USING (true);",
        "as the role anon reads rows of another tenant"),
    "sequence": (
        f"GRANT UPDATE ON SEQUENCE {T}_id_seq TO tenant_app_role;",
        "may be set by tenant_app_role"),
    "inherited-child": (
        f"CREATE TABLE IF NOT EXISTS {P}old () INHERITS ({T});",
        "reads rows of another tenant"),
    "user-metadata": (
        f"ALTER POLICY tenant_isolation ON {T} USING (tenant_id ="
        " coalesce(auth.jwt() -> 'user_metadata' ->> 'tenant_id', auth.jwt() ->> 'tenant_id')"
        "::uuid);",
        "names another tenant in its user_metadata reads rows of that tenant"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_the_way_is_found_and_its_script_runs(name, sql_module, database, shared, server_url):
    sql, says = LEAKS[name]
    opened = database(sql_module({"001_more.sql": HEAD + sql}))
    proof = prove(opened)
    said = [f"a session {leak.sentence}" for leak in proof.leaks]
    said += [f"{each.exposed.label} {each.sentence}" for each in proof.exposures]
    assert any(says in each for each in said), (said, proof.unproved)
    with opened.clone() as clone:
        url = server_url.replace("/postgres?", f"/{clone.name}?")
        for script in [each.script for each in (*proof.leaks, *proof.exposures)]:
            shown = psql(shared, url, script)
            assert ("ERROR" in shown) <= ("fails with 23" in script), (script, shown)


def test_near_misses_of_all_ways_give_no_finding(sql_module, shared):
    own = f"tenant_id = {MINE}"
    clean = [
        function("a(t text)", "RETURNS bigint",
                 f"SELECT count(*) FROM public.{T} WHERE tenant_id::text = t AND {own}"),
        function("b(q jsonb)", "RETURNS SETOF text",
                 f"SELECT title FROM public.{T} WHERE title = q ->> 'title' AND {own}"),
        function("c(VARIADIC t uuid[])", "RETURNS bigint",
                 f"SELECT count(*) FROM public.{T} WHERE {own} AND tenant_id = ANY (t)"),
        function("d(n bigint, OUT title text, OUT v int)", "RETURNS record",
                 f"SELECT title, version FROM public.{T} WHERE id = n AND {own}"),
        function("e(t text)", "RETURNS bigint",
                 f"DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM public.{T} WHERE title ="
                 f" $1 AND tenant_id = $2' INTO n USING t, {MINE}; RETURN n; END", "plpgsql"),
        function("f(d interval)", "RETURNS bigint", f"SELECT count(*) FROM public.{T}"
                 f" WHERE {own} AND created_at > now() - d"),
        function("secret()", "RETURNS bigint", f"SELECT count(*) FROM public.{T}"),
        f"REVOKE EXECUTE ON FUNCTION {P}secret() FROM PUBLIC;",
        f"GRANT EXECUTE ON FUNCTION {P}secret() TO service_role;",
        f"CREATE OR REPLACE PROCEDURE {P}p(OUT n int) LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = '' AS $f$ BEGIN UPDATE public.{T} SET title = 'x' WHERE {own};"
        " n := 1; END $f$;",
        trigger(f"UPDATE public.{T} SET title = NEW.title WHERE tenant_id = NEW.tenant_id"
                " AND id <> NEW.id"),
        view("WITH (security_invoker = true)"),
        f"CREATE OR REPLACE VIEW {P}own AS SELECT tenant_id, title FROM {T} WHERE {own}"
        " WITH CHECK OPTION;",
        f"GRANT SELECT, INSERT, UPDATE ON {P}own TO tenant_app_role;",
        table("slots", "during int4range NOT NULL, CONSTRAINT slots_excl EXCLUDE USING gist"
              " (int8range(hashtextextended(tenant_id::text, 0),"
              " hashtextextended(tenant_id::text, 0), '[]') WITH &&, during WITH &&),"),
        f"DROP POLICY IF EXISTS shown ON {T};"
        f"CREATE POLICY shown ON {T} FOR SELECT TO anon USING ({own});",
        f"GRANT USAGE, SELECT ON SEQUENCE {T}_id_seq TO tenant_app_role;",
    ]  # fmt: skip
    result = results(sql_module({"001_more.sql": HEAD + "\n".join(clean)}), shared,
                     "tenant-isolation")["tenant-isolation"]  # fmt: skip
    assert (result.verdict, result.reason, [each.message for each in result.findings]) == (
        Verdict.PASS, None, []
    )  # fmt: skip


def test_one_policy_for_each_command_is_told_with_all_that_it_lets_through(sql_module, shared):
    sql = (
        f"DROP POLICY IF EXISTS tenant_isolation ON {T};"
        f"DROP POLICY IF EXISTS r ON {T}; CREATE POLICY r ON {T} FOR SELECT USING"
        f" (tenant_id = {MINE});"
        f"DROP POLICY IF EXISTS u ON {T}; CREATE POLICY u ON {T} FOR UPDATE USING (true);"
        f"DROP POLICY IF EXISTS i ON {T}; CREATE POLICY i ON {T} FOR INSERT WITH CHECK (true);"
    )
    (found,) = results(
        sql_module({"001_more.sql": HEAD + sql}), shared, "tenant-isolation"
    ).values()
    said = [each.message for each in found.findings]
    assert any("adds, changes" in each and "rows of another" in each for each in said), said
    assert not any("cannot delete" in each for each in said)


def test_an_argument_of_which_no_value_is_known_is_named(sql_module, shared):
    sql = (
        f"CREATE OR REPLACE FUNCTION {P}f(a anyrange) RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        f" SET search_path = '' AS $f$ SELECT count(*) FROM public.{T} WHERE tenant_id = {MINE} $f$"
    )
    result = results(sql_module({"001_more.sql": HEAD + sql}), shared, "tenant-isolation")[
        "tenant-isolation"
    ]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert f"function public.{P}f(a anyrange) cannot be called: no value is known" in result.reason


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("GRANT service_role TO tenant_app_role;", "permission denied to grant role"),
        ("DO $$ BEGIN EXECUTE format('GRANT %I TO tenant_app_role', current_user); END $$;",
         "permission denied to grant role"),
        ("ALTER ROLE tenant_app_role BYPASSRLS;", "permission denied to alter role"),
        (f"CREATE FUNCTION {P}f() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $f$ BEGIN"
         f" SET LOCAL ROLE service_role; END $f$; SELECT {P}f();", "cannot set parameter"),
    ],
    ids=["membership", "of the owner", "bypassrls", "set role"],
)  # fmt: skip
def test_no_migration_hands_out_a_role_that_passes_by_row_security(sql, says, sql_module, shared):
    module = sql_module({"001_more.sql": HEAD + sql})
    (finding,) = results(module, shared, "migrations-apply")["migrations-apply"].findings
    assert says in finding.message
