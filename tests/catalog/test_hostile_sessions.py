"""A login with a role of the catalog that sets, shadows and locks whatever it may."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from gates.catalog import Catalog, connected, store
from gates.errors import CatalogUnavailableError

PASSWORD = "of-the-hostile"
ROLES = ("gates_reader", "gates_releaser", "gates_governor", "gates_provisioner", "gates_approver")
SETTINGS = (
    "SET timezone = 'X+167'",
    "SET timezone = 'X-167'",
    "SET datestyle = 'SQL, DMY'",
    "SET intervalstyle = 'sql_standard'",
    "SET standard_conforming_strings = off; SET escape_string_warning = off;"
    " SET backslash_quote = on",
    "SET bytea_output = escape",
    "SET extra_float_digits = -15",
    "SET array_nulls = off",
    "SET transform_null_equals = on",
    "SET quote_all_identifiers = on",
    "SET row_security = off",
    "SET default_transaction_deferrable = on",
    "SET check_function_bodies = off",
    "SET search_path = pg_temp, public",
    "SET client_encoding = 'LATIN1'",
    "CREATE TEMP TABLE core_module_versions (id bigint);"
    " CREATE TEMP TABLE core_modules (id bigint)",
    "CREATE TYPE pg_temp.jsonb AS (a int); CREATE DOMAIN pg_temp.text AS varchar",
    "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql RETURN ''::bytea",
    "CREATE FUNCTION pg_temp.agree(text, text) RETURNS boolean LANGUAGE sql RETURN true;"
    " CREATE OPERATOR pg_temp.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.agree)",
)
"""What a session may do to itself before it calls a function of the owner."""
REFUSED = (
    "COPY core_module_versions FROM STDIN",
    "COPY audit_logs FROM STDIN",
    "COPY core_modules TO PROGRAM 'true'",
    "COPY core_modules TO '/tmp/never'",
    "CREATE EVENT TRIGGER lie ON ddl_command_end EXECUTE FUNCTION core_audit()",
    "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO PUBLIC",
    "SET SESSION AUTHORIZATION postgres",
    "SET ROLE postgres",
    "SET ROLE gates_migrator",
    "SET session_replication_role = replica",
    "ALTER FUNCTION register_module_version(jsonb, jsonb, jsonb) RESET ALL",
    "ALTER FUNCTION core_refuse_withdrawn() SET timezone TO 'X+167'",
    "ALTER ROLE gates_releaser SET search_path = pg_temp",
    "ALTER TABLE core_module_versions DISABLE ROW LEVEL SECURITY",
    "CREATE FUNCTION public.cardinality(text[]) RETURNS int LANGUAGE sql RETURN 0",
    "CREATE TRIGGER lie BEFORE INSERT ON core_module_versions FOR EACH ROW"
    " EXECUTE FUNCTION core_touch()",
    "CREATE RULE lie AS ON INSERT TO core_module_versions DO INSTEAD NOTHING",
    "CREATE CAST (jsonb AS bytea) WITHOUT FUNCTION",
    "CREATE POLICY lie ON audit_logs USING (true)",
    "LOCK TABLE core_module_versions IN SHARE MODE",
    "SELECT FROM core_module_versions FOR UPDATE",
    "SELECT core_chain_row(a) FROM audit_logs AS a",
    "SELECT core_record_act('sample-module', '1.0.0', '{}')",
    "SELECT setval('core_module_versions_id_seq', 1)",
)
"""What no role of the catalog may do."""


@pytest.fixture(scope="module")
def hostile(server: str, migrated: str) -> dict[str, str]:
    """A login for each role, by role; the logins go with the server."""
    made = {role: f"hostile_{role}" for role in ROLES}
    with psycopg.connect(server, autocommit=True) as session:
        for role, login in made.items():
            session.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'".encode())
            session.execute(f"GRANT {role} TO {login}".encode())
    return made


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.mark.parametrize("role", ROLES)
def test_what_no_role_may(connect: Any, released: Any, hostile: Any, role: str) -> None:
    session = connect(released.url, user=hostile[role])
    for statement in REFUSED:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement.encode())
        session.rollback()


@pytest.mark.parametrize("trick", SETTINGS)
def test_a_setting_changes_no_answer(
    connect: Any, untouched: Any, released: Any, hostile: Any, trick: str
) -> None:
    """What is complete is taken, what is not is refused for that reason, and so is an older one."""
    session = connect(untouched.url, user=hostile["gates_releaser"])
    session.execute(trick.encode())
    session.commit()
    with pytest.raises(psycopg.errors.CheckViolation, match="publish has no evidence"):
        store.register_version(
            session, untouched.module, untouched.version, untouched.evidence[:-1]
        )
    session.rollback()
    store.register_version(session, untouched.module, untouched.version, untouched.evidence)
    session.rollback()
    session = connect(released.url, user=hostile["gates_releaser"])
    session.execute(trick.encode())
    manifest = {**released.version.manifest, "version": "0.5.0"}
    older = replace(released.version, version="0.5.0", manifest=manifest)
    with pytest.raises(psycopg.errors.CheckViolation, match=r"is not greater than 1\.0\.0"):
        store.register_version(session, released.module, older, released.evidence)


@pytest.mark.parametrize("zone", ["UTC", "X+167", "X-167"])
@pytest.mark.parametrize(("days", "served"), [(-1, False), (1, True)])
def test_a_sunset_is_a_day_of_utc(
    connect: Any, released: Any, zone: str, days: int, served: bool
) -> None:
    """In the zone X+167 it is a week ago: a version was served six days after its sunset."""
    session = connect(released.url)
    session.execute("ALTER TABLE tenant_modules DISABLE TRIGGER keep_state")
    session.execute(
        "INSERT INTO core_module_acts (module_version_id, verb, reason, replacement, until,"
        " made_at, key_id, payload_sha256, envelope) SELECT id, 'deprecate', 'x', '',"
        " (now() AT TIME ZONE 'UTC')::date + %s, now(), repeat('0', 64), repeat('0', 64), '{}'"
        " FROM core_module_versions",
        (days,),
    )
    session.execute(f"SET timezone = '{zone}'".encode())
    with (
        contextlib.nullcontext()
        if served
        else pytest.raises(psycopg.errors.CheckViolation, match="under sunset")
    ):
        session.execute(
            "INSERT INTO tenant_modules (tenant_id, module_slug, module_version)"
            " VALUES (gen_random_uuid(), 'sample-module', '1.0.0')"
        )
    session.rollback()


def test_every_function_of_the_owner_brings_its_settings(connect: Any, released: Any) -> None:
    rows = connect(released.url).execute(
        "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND (prosecdef OR prorettype = 'trigger'::regtype) AND proname <> 'audit_row_change'"
    )
    wanted = {"TimeZone=UTC", "DateStyle=ISO, YMD", "standard_conforming_strings=on"}
    found = rows.fetchall()
    assert len(found) > 30
    for name, settings in found:
        assert wanted <= set(settings), name


@pytest.mark.parametrize("role", ROLES)
def test_a_lock_that_is_never_given_back_is_named(
    connect: Any, released: Any, hostile: Any, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads may take an advisory lock: a release waits, with a bound, and says for whom."""
    monkeypatch.setattr(
        connected,
        "_SESSION",
        connected._SESSION.replace("lock_timeout TO '30s'", "lock_timeout TO 50"),
    )
    session = connect(released.url, user=hostile[role], autocommit=True)
    session.execute("SELECT pg_advisory_lock(hashtextextended('sample-module', 1))")
    with (
        Catalog.open(released.catalog.settings) as other,
        pytest.raises(CatalogUnavailableError) as raised,
    ):
        other.register(released.module, released.version, released.evidence)
    whose = f"session {session.info.backend_pid} of {hostile[role]}"
    assert whose in raised.value.message
    assert "pg_terminate_backend" in (raised.value.hint or "")


def test_no_byte_zero_gets_in(connect: Any, untouched: Any, hostile: Any) -> None:
    session = connect(untouched.url, user=hostile["gates_releaser"])
    for field in ("changelog", "registry_reference"):
        with pytest.raises(psycopg.errors.UntranslatableCharacter):
            store.register_version(
                session,
                untouched.module,
                replace(untouched.version, **{field: "a\0b"}),
                untouched.evidence,
            )
        session.rollback()
