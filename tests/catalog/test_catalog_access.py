"""Who may do what in the catalog: tenants see their own rows, roles have what they need."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from gates.catalog import Catalog
from gates.catalog.migrate import migrate
from gates.errors import CatalogUnavailableError
from tests.passing import World

ONE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())
WRITES = {
    "tenant_modules": "SELECT request_tenant_module('sample-module', '1.0.0')",
    "tenant_module_settings": "SELECT set_tenant_module_settings('sample-module', '{}')",
    "module_usage_logs":
        "INSERT INTO module_usage_logs (tenant_id, module_slug, route, latency_ms)"
        " VALUES ((auth.jwt() ->> 'tenant_id')::uuid, 'sample-module', '/', 3)",
}  # fmt: skip
"""How a session of a tenant writes its own rows."""
FORGED = {
    "tenant_modules": "(tenant_id, module_slug, module_version) VALUES (%s, %s, '1.0.0')",
    "tenant_module_settings":
        "(tenant_id, module_slug, module_version) VALUES (%s, %s, '1.0.0')",
    "module_usage_logs": "(tenant_id, module_slug, route, latency_ms) VALUES (%s, %s, '/', 3)",
}  # fmt: skip


PASSWORD = "of-the-logins"


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """What libpq sends where the server asks."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.fixture(scope="session")
def logins(server: str) -> dict[str, str]:
    """A login for each role of the catalog, and one with no role at all."""
    made = {
        f"login_{role}": role
        for role in ("gates_reader", "gates_releaser", "tenant_app_role", "nobody")
    }
    with psycopg.connect(server, autocommit=True) as connection:
        for login, role in made.items():
            connection.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'".encode())
            if role != "nobody":
                connection.execute(f"GRANT {role} TO {login}".encode())
    return made


@pytest.fixture
def tenant(connect: Any, released: Any, logins: Any) -> Any:
    """Opens a session of a tenant."""

    def open_session(claims: str | None) -> psycopg.Connection[Any]:
        connection = connect(released.url, user="login_tenant_app_role", autocommit=True)
        if claims is not None:
            connection.execute("SELECT set_config('request.jwt.claims', %s, false)", (claims,))
        return connection

    return open_session


@pytest.mark.parametrize("table", WRITES)
def test_tenants_are_apart(tenant: Any, table: str) -> None:
    one = tenant(json.dumps({"tenant_id": ONE}))
    other = tenant(json.dumps({"tenant_id": OTHER}))
    for name in dict.fromkeys(("tenant_modules", table)):
        for connection in (one, other):
            connection.execute(WRITES[name].encode())
    select = f"SELECT DISTINCT tenant_id::text FROM {table}".encode()
    assert one.execute(select).fetchall() == [(ONE,)]
    assert other.execute(select).fetchall() == [(OTHER,)]
    for tenant_id in (OTHER, *((ONE,) if table != "module_usage_logs" else ())):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one.execute(
                f"INSERT INTO {table} {FORGED[table]}".encode(), (tenant_id, "sample-module")
            )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        one.execute(f"UPDATE {table} SET tenant_id = %s".encode(), (OTHER,))
    for nobody in (tenant(None), tenant(""), tenant("{}")):
        assert nobody.execute(select).fetchall() == []
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one.execute(statement.encode())
    seen = one.execute("SELECT DISTINCT tenant_id::text FROM audit_logs").fetchall()
    assert seen == [(ONE,)]
    audited = one.execute(
        "SELECT count(*) FROM audit_logs WHERE table_name LIKE %s", (f"{table}%",)
    ).fetchone()
    assert audited[0] > 0


def test_tenants_read_the_catalog_and_cannot_change_it(tenant: Any) -> None:
    one = tenant(json.dumps({"tenant_id": ONE}))
    assert one.execute("SELECT slug FROM core_modules").fetchall() == [("sample-module",)]
    for statement in (
        "INSERT INTO core_modules VALUES ('x', 'x', 'x', 'custom', 'GA')",
        "UPDATE core_module_versions SET status = 'RETIRED'",
        "SELECT * FROM core_module_version_evidence",
        "INSERT INTO audit_logs (table_name, operation) VALUES ('core_modules', 'LIE')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one.execute(statement.encode())


def test_partitions_are_protected_too(connect: Any, released: Any) -> None:
    connection = connect(released.url)
    rows = connection.execute(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,"
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
        " FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid"
        " WHERE i.inhparent = 'module_usage_logs'::regclass"
    ).fetchall()
    assert len(rows) == 3
    assert {row[1:] for row in rows} == {(True, True, 1)}
    name = connection.execute("SELECT core_usage_partition('2031-05-07')").fetchone()
    again = connection.execute("SELECT core_usage_partition('2031-05-31')").fetchone()
    assert name == again == ("module_usage_logs_2031_05",)


def test_a_releaser_can_release_and_no_more(
    prepared: Any, connect: Any, logins: Any, make_module: Any
) -> None:
    url = prepared.url.replace("postgres@", "login_gates_releaser@")
    world = World(make_module("python"), replace(prepared.catalog.settings, catalog=url))
    with Catalog.open(world.settings) as catalog:
        done = catalog.register(prepared.module, prepared.version, prepared.evidence)
        assert done.new
        assert done.row.released_by == "login_gates_releaser"
        assert not catalog.register(prepared.module, prepared.version, prepared.evidence).new
    connection = connect(prepared.url, user="login_gates_releaser", autocommit=True)
    for statement in (
        "INSERT INTO core_modules (slug, name, description, category, maturity_status)"
        " VALUES ('x', 'x', 'x', 'custom', 'GA')",
        "UPDATE core_modules SET name = 'Renamed'",
        "INSERT INTO core_module_versions (slug, version) VALUES ('sample-module', '0.5.0')",
        "UPDATE core_module_versions SET status = 'RETIRED'",
        "INSERT INTO core_module_version_evidence (module_version_id, stage)"
        " SELECT id, 'lint' FROM core_module_versions",
        "CREATE TEMPORARY TABLE core_modules_lie (id int); CREATE TRIGGER lie AFTER INSERT ON"
        " core_modules_lie FOR EACH ROW EXECUTE FUNCTION core_audit()",
        "UPDATE core_module_versions SET content_digest = repeat('0', 64)",
        "UPDATE core_modules SET slug = 'x'",
        "DELETE FROM core_module_versions",
        "TRUNCATE core_module_version_evidence",
        "ALTER TABLE core_module_versions DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "SELECT * FROM tenant_modules",
        "INSERT INTO module_usage_logs (tenant_id, module_slug, route, latency_ms)"
        " VALUES (gen_random_uuid(), 'x', '/', 1)",
        "CREATE TABLE public.mine (id int)",
        "INSERT INTO audit_logs (tenant_id, table_name, operation)"
        " VALUES (gen_random_uuid(), 'tenant_modules', 'LIE')",
        "INSERT INTO audit_logs (table_name, operation, db_role) VALUES ('core_x', 'LIE', 'ann')",
        "INSERT INTO core_modules (slug, name, description, category, maturity_status, created_at)"
        " VALUES ('x', 'x', 'x', 'custom', 'GA', 'yesterday')",
        "INSERT INTO core_module_versions (released_by) VALUES ('ann')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    audit = connection.execute(
        "SELECT table_name, operation, db_role, new_data ? 'manifest' FROM audit_logs ORDER BY id"
    ).fetchall()
    assert audit == [
        ("core_modules", "INSERT", "login_gates_releaser", False),
        ("core_module_versions", "INSERT", "login_gates_releaser", False),
    ]


def test_default_privileges_of_a_platform_give_nothing(
    empty_database: str, connect: Any, logins: Any
) -> None:
    connection = connect(empty_database, autocommit=True)
    connection.execute(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO login_nobody, PUBLIC"
    )
    migrate(connection)
    nobody = connect(empty_database, user="login_nobody", autocommit=True)
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace"
        )
    ]
    assert len(tables) == 18
    for table in tables:
        for statement in (f"SELECT FROM {table}", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                nobody.execute(statement.encode())


def test_a_reader_reads(released: Any, logins: Any) -> None:
    url = released.url.replace("postgres@", "login_gates_reader@")
    settings = replace(released.catalog.settings, catalog=url)
    with Catalog.open(settings) as catalog:
        page = catalog.show("sample-module")
        assert page is not None
        assert len(page.evidence["1.0.0"]) == 6
        with pytest.raises(CatalogUnavailableError, match="permission denied"):
            catalog.register(
                released.module, replace(released.version, version="2.0.0"), released.evidence
            )


def test_a_login_without_rights_is_not_told_that_there_is_nothing(
    released: Any, logins: Any
) -> None:
    url = released.url.replace("postgres@", "login_nobody@")
    with (
        Catalog.open(replace(released.catalog.settings, catalog=url)) as catalog,
        pytest.raises(CatalogUnavailableError, match="permission denied"),
    ):
        catalog.previous("sample-module", "2.0.0")
