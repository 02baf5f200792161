"""Who may do what to modules at tenants: each role its own, and no way around the functions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

import gates.catalog
from gates.catalog import Catalog
from gates.catalog.migrate import migrate, migrations
from gates.database.parsing.script import parse
from gates.database.rules.squawk import BLOCKING
from gates.errors import CatalogUnavailableError
from gates.tenants import provision, store, store_settings, upgrade_tenants
from tests.catalog.tenants import NOTES, ONE, OTHER, SAMPLE, Platform

OF_ROLES = {
    "tenant_app_role": {
        "request_tenant_module", "set_tenant_module_settings", "module_usage_totals",
    },
    "gates_approver": {"approve_tenant_module"},
    "gates_migrator": {"record_module_purge", "audit_row_change"},
    "gates_releaser": {"register_module_version"},
    "gates_provisioner": {
        "provision_tenant_module", "set_tenant_module_state", "set_tenant_module_upgrades",
        "record_module_migration", "forget_module_migrations", "auto_upgrade_tenant_modules",
        "begin_tenant_module_upgrade", "finish_tenant_module_upgrade", "fail_tenant_module",
        "store_tenant_module_settings", "maintain_usage_partitions", "get_module_system_stats",
        "check_tenant_module_health", "plan_module_purge", "record_module_purge",
        "drop_empty_usage_partitions",
    },
}  # fmt: skip
ROLES = (*OF_ROLES, "gates_reader", "anon", "authenticated", "service_role")


def of_functions(platform: Platform, role: str) -> set[str]:
    """The platform's functions with the owner's rights, and its others for a role alone, that the
    role may call."""
    rows = platform.rows(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND (prosecdef OR proname = 'module_usage_totals')"
        " AND has_function_privilege(%s, oid, 'EXECUTE')", role,
    )  # fmt: skip
    return {each[0] for each in rows}


def test_each_role_calls_its_own_functions(shared_platform: Platform) -> None:
    every = {each for names in OF_ROLES.values() for each in names}
    for role in ROLES:
        assert of_functions(shared_platform, role) & every == OF_ROLES.get(role, set()), role


def test_what_runs_with_the_owners_rights_finds_the_owners_names(
    shared_platform: Platform,
) -> None:
    rows = shared_platform.rows(
        "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND prosecdef"
    )
    assert len(rows) > 15
    for name, settings in rows:
        paths = [each for each in settings or () if each.startswith("search_path=")]
        assert paths in (["search_path=pg_catalog, pg_temp"], ['search_path=""']), name


WRITES = (
    "INSERT INTO tenant_modules (tenant_id, module_slug) VALUES (gen_random_uuid(), 'x')",
    "UPDATE tenant_modules SET state = 'ENABLED'",
    "DELETE FROM tenant_modules",
    "TRUNCATE tenant_module_settings",
    "INSERT INTO tenant_module_settings (tenant_id, module_slug, module_version)"
    " VALUES (gen_random_uuid(), 'x', '1.0.0')",
    "UPDATE tenant_module_settings SET settings = '{}'",
    "INSERT INTO core_module_migrations DEFAULT VALUES",
    "DELETE FROM core_module_migrations",
    "INSERT INTO core_module_purges DEFAULT VALUES",
    "DELETE FROM core_module_purges",
    "DELETE FROM module_usage_logs",
    "ALTER TABLE tenant_modules DISABLE TRIGGER keep_state",
    "SELECT core_store_settings(gen_random_uuid(), 'x', '{}', '1.0.0')",
)  # fmt: skip


def test_no_role_writes_the_tables(shared_platform: Platform) -> None:
    session = shared_platform.admin
    for role in ROLES:
        session.execute(f"SET ROLE {role}".encode())
        try:
            for statement in WRITES:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(statement.encode())
        finally:
            session.execute("RESET ROLE")


def test_a_tenant_asks_for_itself_and_sees_its_own(platform: Platform) -> None:
    platform.provision(OTHER)
    session = platform.admin

    def claims(**given: str) -> None:
        session.execute("SELECT set_config('request.jwt.claims', %s, false)", (json.dumps(given),))

    session.execute("SET ROLE tenant_app_role")
    for given in ({}, {"tenant_id": ""}):
        claims(**given)
        for call in (
            "SELECT request_tenant_module('sample-module')",
            "SELECT set_tenant_module_settings('sample-module', '{}')",
        ):
            with pytest.raises(psycopg.Error):
                session.execute(call.encode())
    claims(tenant_id=ONE)
    call = "SELECT request_tenant_module('sample-module', '1.0.0')"
    assert platform.one(call) == ("ENABLED",)
    assert platform.one(call) == ("ENABLED",)
    assert platform.rows("SELECT DISTINCT tenant_id::text FROM tenant_modules") == [(ONE,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        platform.one("SELECT provision_tenant_module(%s, %s)", ONE, SAMPLE)
    session.execute(f"INSERT INTO {NOTES} (tenant_id, title) VALUES (%s, 'mine')".encode(), (ONE,))
    claims(tenant_id=OTHER)
    assert platform.rows(f"SELECT title FROM {NOTES}") == []
    session.execute("RESET ROLE")
    audited = platform.one(
        "SELECT tenant_id::text, operation FROM audit_logs WHERE table_name = %s", NOTES
    )
    assert audited == (ONE, "INSERT")


def test_usage_is_summed_for_whoever_may_see_it(shared_platform: Platform) -> None:
    session = shared_platform.admin
    for tenant, cost in ((ONE, "0.25"), (ONE, "0.5"), (OTHER, "7")):
        session.execute(
            "INSERT INTO module_usage_logs"
            " (tenant_id, module_slug, route, latency_ms, tokens, cost)"
            " VALUES (%s, %s, '/', 1, 10, %s)", (tenant, SAMPLE, cost),
        )  # fmt: skip
    session.execute("SET ROLE tenant_app_role")
    session.execute("SELECT set_config('request.jwt.claims', %s, false)", (
        json.dumps({"tenant_id": ONE}),))  # fmt: skip
    totals = "SELECT tenant_id::text, calls, tokens, cost::text FROM module_usage_totals()"
    rows = shared_platform.rows(totals)
    assert rows == [(ONE, 2, 20, "0.750000")]
    session.execute("RESET ROLE")
    assert len(shared_platform.rows("SELECT * FROM module_usage_totals()")) == 2
    assert shared_platform.rows("SELECT * FROM module_usage_totals(now() + interval '1 day')") == []


def test_partitions_of_usage_are_made_ahead_and_closed(platform: Platform) -> None:
    platform.admin.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon")
    made = platform.rows("SELECT maintain_usage_partitions(5)")
    assert len(made) == 3
    assert platform.rows("SELECT maintain_usage_partitions(5)") == []
    for (name,) in made:
        found = platform.one(
            "SELECT relforcerowsecurity, (SELECT count(*) FROM aclexplode(relacl)"
            " WHERE grantee <> relowner) FROM pg_class WHERE relname = %s", name,
        )  # fmt: skip
        assert found == (True, 0)
    for months in (-1, 37, None):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            platform.rows("SELECT maintain_usage_partitions(%s::int)", months)


def released_by_hand(session: psycopg.Connection[Any]) -> None:
    """A version without evidence, as only the owner of the tables can write it."""
    digest = "0" * 64
    session.execute("ALTER TABLE core_module_versions DISABLE TRIGGER USER")
    session.execute(
        "INSERT INTO core_modules (slug, name, description, category, maturity_status)"
        " VALUES ('x', 'x', 'x', 'custom', 'GA')"
    )
    session.execute(
        "INSERT INTO core_module_versions (slug, version, content_digest, bundle_digest,"
        " registry_manifest, registry_reference, policy_digest, changelog, migrations,"
        " tables_created, manifest, settings_schema, status) VALUES ('x', '1.0.0', %s, %s, %s,"
        " 'r', %s, '', '[]', '{}', '{\"slug\": \"x\", \"version\": \"1.0.0\"}', '{}', 'GA')",
        (digest, digest, f"sha256:{digest}", digest),
    )
    session.execute("ALTER TABLE core_module_versions ENABLE ALWAYS TRIGGER complete_evidence")


def test_a_catalog_with_rows_moves_on(empty_database: str, monkeypatch: Any) -> None:
    from gates.catalog import migrate as migrating

    every = migrations()
    monkeypatch.setattr(
        migrating, "migrations", lambda: tuple(each for each in every if each.number < 8)
    )
    with psycopg.connect(empty_database, autocommit=True) as session:
        migrate(session)
        released_by_hand(session)
        session.execute(
            "INSERT INTO tenant_modules (tenant_id, module_slug, module_version, state) VALUES"
            " (%s, 'x', '1.0.0', 'UP_TO_DATE'), (%s, 'x', NULL, 'REQUESTED')", (ONE, OTHER),
        )  # fmt: skip
        session.execute(
            "INSERT INTO module_usage_logs (tenant_id, module_slug, route, latency_ms)"
            " VALUES (%s, 'x', '/', 1)", (ONE,),
        )  # fmt: skip
        monkeypatch.undo()
        assert len(migrate(session)) == len([each for each in every if each.number > 7])
        rows = session.execute(
            "SELECT state, state_since IS NOT NULL FROM tenant_modules ORDER BY id"
        )
        assert rows.fetchall() == [("UP_TO_DATE", True), ("REQUESTED", True)]
        session.execute("SELECT set_tenant_module_state(%s, 'x', 'ENABLED')", (ONE,))
        ((state,),) = session.execute(
            "SELECT state FROM check_tenant_module_health(%s, 'x') WHERE \"check\" = 'usage'",
            (ONE,),
        ).fetchall()
        assert state == "ok"


@pytest.fixture
def logins(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes logins that are members of roles, and gives the URL of each."""
    monkeypatch.setenv("PGPASSWORD", "of-the-logins")

    def make(name: str, *roles: str, url: str = platform.url, more: str = "") -> str:
        platform.admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'of-the-logins' {more}".encode())
        for role in roles:
            platform.admin.execute(f"GRANT {role} TO {name}".encode())
        return url.replace("postgres@", f"{name}@")

    return make


def test_a_login_with_two_roles_can_provision_and_upgrade(
    platform: Platform, logins: Callable[..., str]
) -> None:
    url = logins("operator", "gates_provisioner", "gates_migrator")
    settings = replace(platform.settings, catalog=url)
    with Catalog.open(settings) as catalog:
        for version in ("1.0.0", None):
            done = provision(catalog, platform.registry, ONE, SAMPLE, version, prove=lambda _: ())
            assert (done.state, done.version) == ("ENABLED", "1.0.0")
        catalog.work(lambda own: store.set_upgrades(
            own, ONE, SAMPLE, automatic=True, window=None, days=()
        ))  # fmt: skip
        assert store_settings(catalog, ONE, SAMPLE, '{"title_length": 20}') == "1.0.0"
        (ended,) = upgrade_tenants(catalog, platform.registry, prove=lambda _: ())
        assert (ended.state, ended.after, ended.failure) == ("ENABLED", "1.2.0", "")
        with pytest.raises(CatalogUnavailableError, match="permission denied"):
            catalog.work(lambda own: store.call(
                own, "approve_tenant_module", for_tenant=ONE, slug=SAMPLE, approver="ann"
            ))  # fmt: skip
    assert platform.one("SELECT settings, module_version FROM tenant_module_settings") == (
        {"title_length": 20}, "1.2.0",
    )  # fmt: skip


def test_an_owner_who_is_no_superuser_serves_every_tenant(
    platform: Platform, empty_database: str, logins: Callable[..., str]
) -> None:
    """Row level security is forced: the platform's functions have to see the rows all the same."""
    url = logins("keeper", url=empty_database, more="CREATEROLE")
    name = empty_database.partition("?")[0].rpartition("/")[2]
    platform.admin.execute(f"ALTER DATABASE {name} OWNER TO keeper".encode())
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute("ALTER SCHEMA public OWNER TO keeper")
        roles = admin.execute(
            "SELECT string_agg(rolname, ', ') FROM pg_roles WHERE rolname ~ '^(gates|tenant)_'"
        ).fetchall()[0][0]
        admin.execute(f"GRANT {roles} TO keeper WITH ADMIN OPTION, INHERIT FALSE".encode())
    with psycopg.connect(url, autocommit=True) as session:
        migrate(session)
        released_by_hand(session)
        for tenant in (ONE, OTHER):
            ((state,),) = session.execute(
                "SELECT state FROM provision_tenant_module(%s, 'x', '1.0.0')", (tenant,)
            ).fetchall()
            assert state == "ENABLED"
        session.execute("SELECT store_tenant_module_settings(%s, 'x', '{}', '1.0.0')", (ONE,))
        counted = session.execute("SELECT tenants FROM get_module_system_stats()").fetchall()
        assert counted == [(2,)]
        health = dict(session.execute(
            "SELECT \"check\", state FROM check_tenant_module_health(%s, 'x')", (ONE,)
        ).fetchall())  # fmt: skip
        assert health["state"] == health["migrations"] == health["policies"] == "ok"


@pytest.mark.parametrize("number", [each.number for each in migrations() if each.number > 9])
def test_the_catalogs_own_migrations_keep_the_rules(number: int) -> None:
    """Those that hold for a migration of the platform: it parses, it names its schema first, it
    runs in a transaction, and its functions name where they look things up."""
    each = next(each for each in migrations() if each.number == number)
    script = parse(each.name, each.sql)
    assert script.fault is None
    assert each.sql.startswith("SET search_path TO public;\n")
    assert script.in_one_transaction
    for statement in script.statements:
        if (
            statement.kind == "CreateFunctionStmt"
            and "RETURN CASE" not in statement.text
            and "RETURN coalesce" not in statement.text
        ):
            assert re.search(r"^ *SET search_path = ", statement.text, re.MULTILINE), statement.text


def test_squawk_finds_nothing_that_blocks_in_the_catalogs_own_migrations() -> None:
    """But for indexes: a catalog is brought up to date in one transaction, or not at all."""
    folder = Path(gates.catalog.__file__).parent / "migrations"
    files = [str(folder / each.name) for each in migrations() if each.number > 9]
    program = Path(sys.executable).with_name("squawk")
    done = subprocess.run(
        [program, "--reporter", "json", *files], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    assert {each["rule_name"] for each in found}, "squawk looked at nothing"
    assert {each["rule_name"] for each in found} & BLOCKING <= {"require-concurrent-index-creation"}
