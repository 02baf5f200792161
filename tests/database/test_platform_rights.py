"""The module's migrations run in the platform's world: its default privileges, its extensions, and
the application's own grants."""

from __future__ import annotations

from datetime import date

import pytest

from gates.check import find
from gates.database.parsing.script import parse
from gates.database.prepared.platform_rights import extensions_of
from gates.database.rules.forbidden import forbidden
from gates.model import Level, Verdict
from gates.needs import Needs
from gates.run import run_check
from gates.settings import EXTENSIONS, Policy
from tests.database.conftest import BASE, HEAD, TABLE, results
from tests.database.corpus.shape import drop, table

P = "tenant_sample_module_"
VIEW = f"CREATE OR REPLACE VIEW {P}recent AS SELECT * FROM {TABLE};\n"


@pytest.fixture
def checked(shared, folder):
    """Runs one check over a module on a platform with more in its baseline."""

    def run(module, check: str, baseline: str = ""):
        file = folder / "platform.sql"
        file.write_text(baseline)
        policy = Policy(baseline=(file,) if baseline else ())
        needs = Needs(module, policy, shared, today=date(2026, 11, 24))
        try:
            return run_check(find(check), needs)
        finally:
            needs.close()

    return run


GIVEN = {
    "by whoever applies the baseline": "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT",
    "for a role": "ALTER DEFAULT PRIVILEGES FOR ROLE service_role IN SCHEMA public GRANT",
    "in every schema": "ALTER DEFAULT PRIVILEGES FOR ROLE service_role GRANT",
}


@pytest.mark.parametrize("how", GIVEN)
def test_default_privileges_of_the_platform_hold_for_what_the_migrations_make(
    how, sql_module, checked
):
    module = sql_module({"001_more.sql": HEAD + VIEW})
    baseline = f"{GIVEN[how]} ALL ON TABLES TO anon;\n"
    seen = checked(module, "tenant-isolation", baseline)
    assert [each.message for each in seen.findings] == [
        f"view public.{P}recent shows one tenant the rows of another"
    ]
    assert "SET LOCAL ROLE anon;" in seen.findings[0].detail
    told = [each.message for each in checked(module, "table-grants", baseline).findings]
    assert any(each.startswith(f"the view {P}recent grants ") for each in told)
    assert not any("default privileges" in each for each in told), "they are not the module's"


def test_without_them_the_same_module_gives_no_finding(sql_module, checked):
    module = sql_module({"001_more.sql": HEAD + VIEW})
    assert checked(module, "tenant-isolation").findings == ()
    assert checked(module, "table-grants").findings == ()


def test_what_the_platform_takes_from_public_by_default_is_taken(sql_module, database, folder):
    file = folder / "platform.sql"
    file.write_text("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;\n")
    sql = HEAD + "CREATE FUNCTION sample_module_f() RETURNS int LANGUAGE sql RETURN 1;"
    for policy, may in ((Policy(), True), (Policy(baseline=(file,)), False)):
        opened = database(sql_module({"001_more.sql": sql}), policy)
        with opened.clone("in use") as clone, clone.connect() as admin:
            ask = "SELECT has_function_privilege('anon', 'public.sample_module_f()', 'EXECUTE')"
            assert admin.execute(ask).fetchone() == (may,)


def test_default_privileges_that_a_module_gives_are_its_own(sql_module, checked):
    sql = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon;"
    module = sql_module({"001_more.sql": HEAD + sql})
    baseline = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO authenticated;"
    told = [each.message for each in checked(module, "table-grants", baseline).findings]
    assert "default privileges grant SELECT on tables made later to anon" in told
    assert not any("later to authenticated" in each for each in told)


SERIAL = BASE.replace("id bigint GENERATED ALWAYS AS IDENTITY", "id bigserial")
CHECKED = """
CREATE OR REPLACE FUNCTION sample_module_fits(t text) RETURNS boolean LANGUAGE sql IMMUTABLE
    SET search_path = '' AS $$ SELECT length(t) < 1000 $$;
REVOKE EXECUTE ON FUNCTION sample_module_fits(text) FROM PUBLIC;
ALTER TABLE {T} DROP CONSTRAINT IF EXISTS fits;
ALTER TABLE {T} ADD CONSTRAINT fits CHECK (sample_module_fits(title));
"""
COUNTED = """
CREATE TABLE IF NOT EXISTS {P}counts (n int);
CREATE OR REPLACE FUNCTION sample_module_count() RETURNS trigger LANGUAGE plpgsql
    SET search_path = '' AS $$ BEGIN INSERT INTO public.{P}counts VALUES (1); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER counted AFTER INSERT ON {T} FOR EACH ROW
    EXECUTE FUNCTION sample_module_count();
"""


@pytest.mark.parametrize(
    ("files", "says", "fix"),
    [
        ({"000_init.sql": SERIAL},
         f"permission denied for sequence {TABLE}_id_seq",
         f"GRANT USAGE ON SEQUENCE public.{TABLE}_id_seq TO tenant_app_role;"),
        ({"001_more.sql": HEAD + CHECKED.format(T=TABLE)},
         "permission denied for function sample_module_fits",
         "grant tenant_app_role what the statement needs"),
        ({"001_more.sql": HEAD + COUNTED.format(T=TABLE, P=P)},
         f"permission denied for table {P}counts",
         "grant tenant_app_role what the statement needs"),
    ],
    ids=["a sequence", "a function of a check", "a table that a trigger writes"],
)  # fmt: skip
def test_what_the_application_cannot_do_with_its_grants_is_shown(
    files, says, fix, sql_module, checked
):
    assert SERIAL != BASE
    found = checked(sql_module(files), "tenant-isolation").findings
    finding = next(each for each in found if says in each.message)
    assert finding.level is Level.ERROR
    assert f"cannot add a row of its own with the grants that it has: {says}" in finding.message
    assert finding.fix.startswith(fix)
    assert "INSERT INTO" in finding.detail
    assert "-- fails with 42501, though INSERT is granted" in finding.detail


@pytest.mark.parametrize(
    "more",
    [
        f"GRANT USAGE ON SEQUENCE {TABLE}_id_seq TO tenant_app_role;",
        f"REVOKE INSERT ON {TABLE} FROM tenant_app_role;",
    ],
    ids=["with the sequence", "where the application adds nothing"],
)
def test_a_serial_that_the_application_may_use_gives_no_finding(more, sql_module, checked):
    found = checked(sql_module({"000_init.sql": f"{SERIAL}\n{more}\n"}), "tenant-isolation")
    assert found.findings == ()


def test_a_serial_is_fine_where_the_platform_grants_sequences_by_default(sql_module, checked):
    given = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO tenant_app_role;"
    found = checked(sql_module({"000_init.sql": SERIAL}), "tenant-isolation", given)
    assert found.findings == ()


# extensions


def test_the_platform_makes_the_extensions_that_migrations_name(sql_module, shared):
    """vector is not trusted: only a superuser makes it."""
    up = "CREATE EXTENSION IF NOT EXISTS vector;\n" + table("vectors", "v vector(3) NOT NULL,")
    module = sql_module(
        {"001_more.sql": HEAD + up, "rollback/001_more.sql": HEAD + drop("vectors")}
    )
    for check in ("migrations-apply", "migrations-idempotent", "rollback-restores"):
        result = results(module, shared, check)[check]
        assert (result.verdict, result.reason, result.findings) == (Verdict.PASS, None, ()), check


def test_one_that_policy_does_not_allow_is_not_made(sql_module, shared):
    module = sql_module({"001_more.sql": HEAD + "CREATE EXTENSION IF NOT EXISTS dblink;"})
    (finding,) = results(module, shared, "migrations-apply")["migrations-apply"].findings
    assert "permission denied to create extension" in finding.message
    assert "database.extensions" in finding.fix


def test_names_are_found_in_blocks_too_with_their_schema(sql_module):
    sql = (
        "DO $$ BEGIN EXECUTE 'CREATE EXTENSION IF NOT EXISTS citext SCHEMA auth'; END $$;\n"
        "CREATE EXTENSION IF NOT EXISTS vector; CREATE EXTENSION IF NOT EXISTS dblink;"
    )
    module = sql_module({"001_more.sql": HEAD + sql})
    assert extensions_of(module, EXTENSIONS) == {"citext": "auth", "vector": ""}


def test_one_made_without_if_not_exists_is_told_to_be(sql_module, shared):
    module = sql_module({"001_more.sql": HEAD + "CREATE EXTENSION citext;"})
    (finding,) = results(module, shared, "migrations-apply")["migrations-apply"].findings
    assert finding.fix.startswith('write CREATE EXTENSION IF NOT EXISTS "citext"')


ABSENT = 'CREATE EXTENSION IF NOT EXISTS "uuid-ossp";\n'
USED = "SELECT uuid_generate_v4();\n"


@pytest.mark.parametrize("more", ["", USED], ids=["alone", "and a function of it"])
def test_what_the_server_does_not_have_is_inconclusive_and_not_the_modules_fault(
    more, sql_module, shared
):
    module = sql_module({"001_more.sql": HEAD + ABSENT + more})
    result = results(module, shared, "migrations-apply")["migrations-apply"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.findings == ()
    assert "the server has no extension uuid-ossp" in result.reason
    assert result.hint.startswith("gen_random_uuid() is built into PostgreSQL")


def test_what_else_is_wrong_is_still_told(sql_module, shared):
    wrong = "SELECT 1 / 0;\n"
    module = sql_module({"001_more.sql": HEAD + ABSENT + USED + wrong})
    result = results(module, shared, "migrations-apply")["migrations-apply"]
    assert result.verdict is Verdict.FAIL
    found = sorted(result.findings, key=lambda each: each.message)
    assert [(each.level, each.message.partition(" (")[0]) for each in found] == [
        (Level.ERROR, "division by zero"),
        (Level.NOTE, "the server has no extension uuid-ossp, so what needs it was not run"),
    ]


def test_a_rollback_drops_no_extension():
    (statement,) = parse("a.sql", "DROP EXTENSION IF EXISTS vector CASCADE;").statements
    ((what, instead, _),) = forbidden(statement.kind, statement.node)
    assert what == "DROP EXTENSION"
    assert "other modules may use it" in instead
    (other,) = parse("a.sql", "DROP TABLE IF EXISTS x;").statements
    assert list(forbidden(other.kind, other.node)) == []
