"""The platform's baseline: the built-in one, files beside it, or a platform's own dump."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import psycopg
import pytest

from gates.database import Database, baseline
from gates.database.missing_objects import missing
from gates.database.parsing.script import parse
from gates.database.rules.forbidden import forbidden
from gates.database.runner import Failure
from gates.database.server.programs import Programs
from gates.errors import ConfigurationError, CouldNotCheckError
from gates.model import Location
from gates.settings import Policy, load_policy

OBJECTS = (
    "auth.jwt()", "auth.uid()", "auth.role()", "tenants", "organizations", "profiles",
    "memberships", "audit_logs", "core_modules", "core_module_versions", "tenant_modules",
    "tenant_module_settings", "module_usage_logs",
)  # fmt: skip


def test_the_built_in_baseline_has_what_the_standard_lists(sql_module, database):
    with database(sql_module()).clone("baseline") as clone, clone.connect() as connection:
        for name in OBJECTS:
            ask = "to_regprocedure" if name.endswith(")") else "to_regclass"
            qualified = name if name.startswith("auth.") else f"public.{name}"
            found = connection.execute(f"SELECT {ask}(%s)", (qualified,)).fetchone()
            assert found != (None,), name
        roles = connection.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname = ANY"
            " ('{anon,authenticated,service_role,tenant_app_role}') AND NOT rolbypassrls"
            " AND NOT rolsuper AND NOT rolcanlogin"
        ).fetchone()
        assert roles == (4,)
        connection.execute('SET request.jwt.claims = \'{"sub": null, "role": "anon"}\'')
        assert connection.execute("SELECT auth.uid(), auth.role()").fetchone() == (None, "anon")
        connection.execute("SET request.jwt.claims = ''")
        assert connection.execute("SELECT auth.jwt()").fetchone() == (None,)


def test_a_file_is_added(sql_module, shared, folder):
    (folder / "more.sql").write_text("CREATE TABLE public.regions (id int PRIMARY KEY);\n")
    policy = Policy(baseline=(folder / "more.sql",))
    module = sql_module({"001_more.sql": "SELECT * FROM regions;"})
    with Database.open(module, policy, shared) as opened:
        assert opened.attempt.runs[-1].failure is None
        assert "public.regions" in opened.platform_tables


def test_a_dump_of_pg_dump_stands_in(sql_module, shared, settings, server_url, folder):
    """A real one, with an owner and a role of its own, and what a newer pg_dump writes."""
    with Database.open(sql_module(), Policy(), shared) as opened, opened.clone("baseline") as c:
        with c.connect() as connection:
            connection.execute("CREATE ROLE dump_owner")
            connection.execute("CREATE TABLE public.plans (id int)")
            connection.execute("ALTER TABLE public.plans OWNER TO dump_owner")
            connection.execute("GRANT SELECT ON public.plans TO dump_owner WITH GRANT OPTION")
        owner = opened.workspace.owner
        programs = Programs.find(settings.cache)
        at = server_url.replace("/postgres?", f"/{c.name}?")
        arguments = programs.command("pg_dump", "--schema-only", at)
        dumped = subprocess.run(arguments, capture_output=True, text=True, check=False)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP ROLE dump_owner")
    assert dumped.returncode == 0, dumped.stderr
    assert "OWNER TO dump_owner" in dumped.stdout
    dump = folder / "platform.sql"
    dump.write_text("SET of_tomorrow = 1;\n" + dumped.stdout.replace(owner, "dump_owner"))
    policy = Policy(baseline=(dump,), baseline_replaces=True)
    with Database.open(sql_module(), policy, shared) as opened:
        with pytest.raises(CouldNotCheckError, match="lacks: dump_owner") as caught:
            _ = opened.attempt
        assert caught.value.hint == 'CREATE ROLE "dump_owner" NOLOGIN;'
    with Database.open(sql_module(), policy, settings) as opened:  # an embedded server
        assert [run.failure for run in opened.applied.runs] == [None]
        assert "public.plans" in opened.platform_tables


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("COPY public.t (a) FROM stdin;\n1\n\\.\n", "x.sql:1 holds rows"),
        ("SELECT 1;\n\\connect other\nSELECT 2;\n", r"x.sql:2 holds psql's command \\connect"),
        ("PGDMP\x01\x0e", "is no SQL"),
    ],
)
def test_what_would_be_dropped_silently_is_refused(folder, text, says):
    (folder / "x.sql").write_text(text)
    with pytest.raises(CouldNotCheckError, match=says) as caught:
        baseline.read(folder / "x.sql")
    assert "pg_dump --schema-only" in caught.value.hint


def test_a_backslash_in_a_text_is_none_of_psqls(folder):
    text = "SELECT 'a\n\\restrict\n\\connect b';\n"
    (folder / "x.sql").write_text(text.replace("restrict", "x"))
    assert baseline.read(folder / "x.sql") == text.replace("restrict", "x")


def test_settings_and_owners_are_blanked_in_place():
    sql = "SET a_new_one = 0;\nSET lock_timeout = 0;\nALTER TABLE t OWNER TO x;\nSELECT 1;\n"
    script = parse("a.sql", sql)
    found = baseline.without(script, settings={"lock_timeout"}, owners=False)
    assert found.split("\n") == [" " * 17 + ";", "SET lock_timeout = 0;", " " * 24 + ";",
                                 "SELECT 1;", ""]  # fmt: skip
    assert baseline.roles_of(script) == {"x"}


@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        ("0A000", 'extension "pg_partman" is not available', "make native partitions"),
        ("0A000", 'extension "uuid-ossp" is not available', "gen_random_uuid"),
        ("42501", 'permission denied to create extension "postgis"', 'CREATE EXTENSION "postgis"'),
        ("42P01", 'relation "organizations_x" does not exist', "database.baseline"),
        ("3F000", 'schema "storage" does not exist', "no schema storage"),
        ("42704", 'role "app" does not exist', "use tenant_app_role"),
        ("42883", "function auth.tenant() does not exist", "auth.tenant()"),
    ],
)
def test_what_is_missing_is_named_with_what_to_add(code, message, says):
    failure = Failure(message, Location("a.sql"), code)
    assert says in (missing(failure, "tenant_x_", ["public.tenants"]) or "")


def test_what_a_module_forgot_itself_is_not_the_platforms():
    failure = Failure('relation "tenant_x_notes" does not exist', Location("a.sql"), "42P01")
    assert missing(failure, "tenant_x_") is None


def test_replace_uses_only_the_given_files(folder):
    (folder / "x.sql").touch()
    policy = Policy(baseline=(folder / "x.sql",))
    assert len(baseline.files(policy)) == 3
    assert baseline.files(replace(policy, baseline_replaces=True)) == [folder / "x.sql"]


def test_the_policy_says_so(folder):
    (folder / "platform.sql").write_text("SELECT 1;\n")
    text = '[database]\nbaseline = ["platform.sql"]\nbaseline_replaces = true\n'
    (folder / "gates-policy.toml").write_text(text + 'extensions = ["citext", "timescaledb"]\n')
    (folder / "module").mkdir()
    policy = load_policy(folder / "module")
    assert baseline.files(policy) == [(folder / "platform.sql").resolve()]
    assert policy.digest not in {Policy().digest, replace(policy, baseline_replaces=False).digest}
    created = parse("a.sql", "CREATE EXTENSION timescaledb; CREATE EXTENSION pg_trgm;").statements
    found = [list(forbidden(e.kind, e.node, extensions=policy.extensions)) for e in created]
    assert [len(each) for each in found] == [0, 1]
    (folder / "module" / "gates.toml").write_text('[database]\nextensions = ["citext", "dblink"]\n')
    with pytest.raises(ConfigurationError, match="tighten"):
        load_policy(folder / "module")
