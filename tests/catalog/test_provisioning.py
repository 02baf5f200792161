"""A module comes to a tenant: every state that there is, and migrations once."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from typing import Any

import psycopg
import pytest

from gates.errors import CouldNotCheckError, RefusedError
from gates.tenants import store
from tests.catalog.tenants import (
    BY_MONTH,
    GUARDED,
    NOTES,
    ONE,
    OTHER,
    PLAIN,
    SAMPLE,
    THIRD,
    Platform,
)

STATES = (
    "REQUESTED", "PENDING_APPROVAL", "PROVISIONING", "ENABLED", "UPGRADING", "UP_TO_DATE",
    "SUSPENDED", "DISABLED", "ARCHIVED", "ERROR",
)  # fmt: skip
LEGAL = """
REQUESTED PENDING_APPROVAL, REQUESTED PROVISIONING, REQUESTED ARCHIVED,
PENDING_APPROVAL PROVISIONING, PENDING_APPROVAL ARCHIVED,
PROVISIONING ENABLED, PROVISIONING ERROR,
ENABLED UPGRADING, ENABLED SUSPENDED, ENABLED DISABLED,
UPGRADING UP_TO_DATE, UPGRADING ENABLED, UPGRADING ERROR,
UP_TO_DATE ENABLED, UP_TO_DATE UPGRADING, UP_TO_DATE SUSPENDED, UP_TO_DATE DISABLED,
SUSPENDED ENABLED, SUSPENDED DISABLED, SUSPENDED ARCHIVED,
DISABLED PROVISIONING, DISABLED ARCHIVED,
ERROR PROVISIONING, ERROR UPGRADING, ERROR DISABLED, ERROR ARCHIVED,
ARCHIVED REQUESTED
"""


def test_every_step_is_legal_or_refused_by_the_database(platform: Platform) -> None:
    legal = {tuple(each.split()) for each in LEGAL.replace("\n", " ").split(",")}
    platform.provision(ONE)
    for before, after in itertools.permutations(STATES, 2):
        with platform.admin.transaction(force_rollback=True):
            platform.admin.execute("ALTER TABLE tenant_modules DISABLE TRIGGER keep_state")
            platform.admin.execute(
                "UPDATE tenant_modules SET state = %s, target_version = '1.0.0'", (before,)
            )
            platform.admin.execute("ALTER TABLE tenant_modules ENABLE ALWAYS TRIGGER keep_state")
            with contextlib.ExitStack() as stack:
                if (before, after) not in legal:
                    refusal = pytest.raises(psycopg.errors.CheckViolation, match="does not follow")
                    stack.enter_context(refusal)
                stack.enter_context(platform.admin.transaction())
                platform.admin.execute("UPDATE tenant_modules SET state = %s", (after,))
    for state in STATES[1:]:
        with pytest.raises(psycopg.errors.CheckViolation, match="does not follow nothing"):
            platform.admin.execute(
                "INSERT INTO tenant_modules (tenant_id, module_slug, module_version, state)"
                " VALUES (%s, %s, '1.0.0', %s)",
                (OTHER, SAMPLE, state),
            )


def test_migrations_run_once_whoever_comes_first(platform: Platform) -> None:
    done = platform.provision(ONE)
    assert (done.state, done.version, done.failure) == ("ENABLED", "1.0.0", "")
    assert platform.provision(OTHER).state == "ENABLED"
    assert platform.provision(ONE).state == "ENABLED"
    recorded = platform.rows("SELECT path, version, kind FROM core_module_migrations")
    assert recorded == [("migrations/000_init.sql", "1.0.0", "migration")]
    owner = platform.one("SELECT relowner::regrole::text FROM pg_class WHERE relname = %s", NOTES)
    assert owner == ("gates_migrator",)
    left = platform.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'gates\\_migration\\_%%'")
    assert left == []
    states = platform.rows(
        "SELECT new_data ->> 'state' FROM audit_logs WHERE table_name = 'tenant_modules'"
        " AND tenant_id = %s ORDER BY id", ONE,
    )  # fmt: skip
    assert [each[0] for each in states] == ["REQUESTED", "PROVISIONING", "ENABLED"]


def test_a_beta_waits_for_somebody_who_did_not_ask(platform: Platform) -> None:
    assert platform.provision(ONE, GUARDED).state == "PENDING_APPROVAL"
    assert platform.provision(ONE, GUARDED).state == "PENDING_APPROVAL"
    for name in ("", " ", "postgres"):
        with pytest.raises(psycopg.errors.CheckViolation, match="who did not ask"):
            platform.rows("SELECT approve_tenant_module(%s, %s, %s)", ONE, GUARDED, name)
    with pytest.raises(psycopg.errors.CheckViolation, match="needs an approval"):
        platform.rows("UPDATE tenant_modules SET state = 'PROVISIONING'")
    platform.rows("SELECT approve_tenant_module(%s, %s, 'ann')", ONE, GUARDED)
    assert platform.provision(ONE, GUARDED).state == "ENABLED"
    with pytest.raises(psycopg.errors.CheckViolation, match="waits for no approval"):
        platform.rows("SELECT approve_tenant_module(%s, %s, 'ann')", ONE, GUARDED)


def test_extensions_are_the_platforms_to_make(platform: Platform) -> None:
    """A migration role cannot; a version that had passed could not be installed."""
    there = "SELECT FROM pg_extension WHERE extname = 'btree_gist'"
    assert platform.rows(there) == []
    platform.provision(ONE, GUARDED)
    platform.rows("SELECT approve_tenant_module(%s, %s, 'ann')", ONE, GUARDED)
    assert platform.provision(ONE, GUARDED).state == "ENABLED"
    assert len(platform.rows(there)) == 1


def test_what_is_not_offered_is_refused(platform: Platform) -> None:
    for slug, version in ((SAMPLE, "9.9.9"), ("nothing", None), (GUARDED, None)):
        with pytest.raises(RefusedError, match="is not offered") as refused:
            platform.provision(ONE, slug, version)
        assert "the maturity RC, GA or MAINTENANCE" in str(refused.value.hint)
    assert platform.provision(ONE, version=None).version == "2.0.0"
    with pytest.raises(RefusedError, match=r"a request for 1\.0\.0 is refused"):
        platform.provision(ONE, version="1.0.0")


def test_tables_that_others_use_are_not_taken_to_another_major(platform: Platform) -> None:
    platform.provision(ONE, version="1.0.0")
    with pytest.raises(RefusedError, match=r"the tables are those of 1\.0\.0"):
        platform.provision(OTHER, version="2.0.0")
    assert platform.provision(OTHER, version="1.1.0").state == "ENABLED"


def test_an_older_major_does_not_come_after_a_later_one(platform: Platform) -> None:
    platform.provision(ONE, version="2.0.0")
    with pytest.raises(RefusedError, match=r"the tables are those of 2\.0\.0"):
        platform.provision(OTHER, version="1.0.0")


def test_a_migration_that_fails_is_an_error_with_a_way_on(platform: Platform) -> None:
    platform.admin.execute(f"CREATE TABLE {NOTES} (id int)".encode())
    done = platform.provision(ONE)
    assert done.state == "ERROR"
    assert "must be owner" in done.failure
    assert platform.one("SELECT last_error FROM tenant_modules") == (done.failure,)
    assert platform.rows("SELECT * FROM core_module_migrations") == []
    platform.admin.execute(f"DROP TABLE {NOTES}".encode())
    assert platform.provision(ONE).state == "ENABLED"
    assert platform.one("SELECT last_error FROM tenant_modules") == (None,)


def test_a_file_that_was_run_with_other_content_is_not_run_again(platform: Platform) -> None:
    platform.admin.execute(
        "INSERT INTO core_module_migrations (slug, version, path, sha256, kind)"
        " VALUES (%s, '1.0.0', 'migrations/000_init.sql', %s, 'migration')",
        (SAMPLE, "0" * 64),
    )
    done = platform.provision(ONE)
    assert (done.state, done.failure) == (
        "ERROR", "migrations/000_init.sql was run here with other content",
    )  # fmt: skip
    assert platform.one("SELECT to_regclass(%s)", NOTES) == (None,)


def test_logins_that_killed_runs_left_are_swept(platform: Platform) -> None:
    for name, until in (("gates_migration_old", "yesterday"), ("gates_migration_new", "tomorrow")):
        platform.admin.execute(f"CREATE ROLE {name} LOGIN VALID UNTIL '{until}'".encode())
    platform.provision(ONE)
    left = platform.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'gates\\_migration\\_%%'")
    platform.admin.execute("DROP ROLE gates_migration_new")
    assert left == [("gates_migration_new",)]


def test_a_bundle_that_is_not_the_catalogs_runs_nothing(platform: Platform) -> None:
    platform.admin.execute("SET session_replication_role = replica")
    platform.admin.execute("ALTER TABLE core_module_versions DISABLE TRIGGER keep_version")
    platform.admin.execute(
        "UPDATE core_module_versions SET migrations = jsonb_set(migrations, '{0,sha256}', %s)"
        " WHERE slug = %s AND version = '1.0.0'",
        (json.dumps("0" * 64), SAMPLE),
    )
    with pytest.raises(RefusedError, match=r"holds another migrations/000_init\.sql"):
        platform.provision(ONE)
    assert platform.one("SELECT to_regclass(%s)", NOTES) == (None,)


def test_evidence_that_does_not_carry_a_version_runs_nothing(platform: Platform) -> None:
    from gates.tenants import provision

    with pytest.raises(RefusedError, match="not signed"):
        provision(
            platform.catalog, platform.registry, ONE, SAMPLE, "1.0.0",
            prove=lambda row: [f"{row.slug} is not signed"],
        )  # fmt: skip
    assert platform.one("SELECT to_regclass(%s)", NOTES) == (None,)


def test_a_file_is_recorded_in_its_turn_and_as_the_version_has_it(platform: Platform) -> None:
    with pytest.raises(RefusedError, match="is not the next migration"):
        platform.catalog.work(
            lambda session: store.record(session, SAMPLE, "1.1.0", "x.sql", "0" * 64, "migration")
        )
    platform.rows("SELECT state FROM provision_tenant_module(%s, %s, '1.0.0')", ONE, SAMPLE)
    with pytest.raises(psycopg.errors.CheckViolation, match=r"000_init\.sql was not run"):
        platform.rows("UPDATE tenant_modules SET state = 'ENABLED'")


def test_the_rest_of_a_life(platform: Platform) -> None:
    platform.provision(ONE)
    move = "SELECT set_tenant_module_state(%s, %s, %s)"
    for state in ("SUSPENDED", "ENABLED", "DISABLED"):
        platform.rows(move, ONE, SAMPLE, state)
        assert platform.state(ONE) == (state, "1.0.0")
    for state in ("ENABLED", "UPGRADING", "PROVISIONING", None):
        with pytest.raises(psycopg.errors.CheckViolation, match="is not set by hand"):
            platform.rows(move, ONE, SAMPLE, state)
    assert platform.provision(ONE).state == "ENABLED"
    platform.rows(move, ONE, SAMPLE, "DISABLED")
    platform.rows(move, ONE, SAMPLE, "ARCHIVED")
    assert platform.provision(ONE, version="1.1.0").state == "ENABLED"
    for statement in ("DELETE FROM tenant_modules", "TRUNCATE tenant_modules CASCADE"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            platform.admin.execute(statement.encode())
    with pytest.raises(psycopg.errors.CheckViolation, match="tenant and module stay"):
        platform.admin.execute("UPDATE tenant_modules SET tenant_id = gen_random_uuid()")
    with pytest.raises(psycopg.errors.CheckViolation, match="the version changes by"):
        platform.admin.execute("UPDATE tenant_modules SET module_version = '1.0.0'")


def test_many_sessions_at_once_run_each_file_once(platform: Platform) -> None:
    from gates.catalog import Catalog
    from gates.tenants import provision

    ended: list[Any] = []

    def run(tenant: str) -> None:
        try:
            with Catalog.open(platform.settings) as catalog:
                done = provision(
                    catalog, platform.registry, tenant, SAMPLE, "1.1.0", prove=lambda _: ()
                )
                ended.append(done.state)
        except Exception as error:  # noqa: BLE001 - shown below
            ended.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in (ONE, OTHER, THIRD) * 3]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ended == ["ENABLED"] * 9
    assert platform.one("SELECT count(*) FROM core_module_migrations") == (2,)
    assert platform.one("SELECT count(*) FROM tenant_modules WHERE state = 'ENABLED'") == (3,)


def test_sql_of_a_module_has_no_way_out_of_its_role(shared_platform: Platform) -> None:
    from gates.tenants import Migrator

    def tried(session: Any) -> list[str]:
        found = []
        with Migrator.open(session, shared_platform.url) as migrator:
            for sql in (
                "SET ROLE NONE; CREATE TABLE public.mine (id int)",
                "RESET SESSION AUTHORIZATION; DELETE FROM core_modules",
                "SET ROLE postgres", "SET ROLE gates_provisioner", "DELETE FROM tenant_modules",
                "UPDATE core_module_versions SET status = 'RETIRED'",
                "INSERT INTO core_module_migrations DEFAULT VALUES",
                "SELECT approve_tenant_module(gen_random_uuid(), 'x', 'x')",
                "SELECT record_module_migration('x', 'x', 'x', 'x', 'x')",
                "INSERT INTO audit_logs (table_name, operation) VALUES ('core_x', 'LIE')",
                "ALTER ROLE gates_migrator SUPERUSER",
            ):  # fmt: skip
                failure = migrator.run(SAMPLE, "tried.sql", sql)
                found.append(failure.sqlstate if failure else f"{sql} ran")
        return found

    assert set(shared_platform.catalog.work(tried)) == {"42501"}


def test_a_migration_role_that_row_security_blinds_runs_nothing(platform: Platform) -> None:
    platform.admin.execute("ALTER ROLE gates_migrator NOBYPASSRLS")
    try:
        with pytest.raises(CouldNotCheckError, match="does not bypass row level security"):
            platform.provision(ONE)
    finally:
        platform.admin.execute("ALTER ROLE gates_migrator BYPASSRLS")


def test_health_says_what_is_wrong(platform: Platform) -> None:
    def seen(tenant: str, slug: str) -> dict[str, tuple[str, str]]:
        found = platform.catalog.work(lambda session: store.health(session, tenant, slug))
        return {each.check: (each.state, each.detail) for each in found}

    assert seen(ONE, SAMPLE) == {"state": ("bad", "the tenant never asked for the module")}
    platform.provision(ONE)
    platform.approved(ONE)
    platform.rows("SELECT maintain_usage_partitions(3)")
    for slug in (SAMPLE, GUARDED):
        health = seen(ONE, slug)
        assert {name: state for name, (state, _) in health.items()} == {
            "state": "ok", "migrations": "ok", "policies": "ok", "privileges": "ok",
            "partitions": "ok", "usage": "unknown",
        }, health  # fmt: skip
    platform.admin.execute(
        "INSERT INTO module_usage_logs (tenant_id, module_slug, route, latency_ms)"
        " VALUES (%s, %s, '/', 1)", (ONE, GUARDED),
    )  # fmt: skip
    assert seen(ONE, GUARDED)["usage"][0] == "ok"
    for statement, check, said in (
        (f"ALTER TABLE {PLAIN} NO FORCE ROW LEVEL SECURITY", "policies", "not forced"),
        (f"ALTER TABLE {BY_MONTH}_2020 DISABLE ROW LEVEL SECURITY", "policies", "_2020 is not"),
        (f"CREATE POLICY more ON {PLAIN} USING (true)", "policies", "lets more in"),
        (f"CREATE POLICY more ON {PLAIN} FOR INSERT WITH CHECK (true)", "policies", "lets more in"),
        (f"DROP POLICY tenant_isolation ON {PLAIN}", "policies", "has no policy"),
        (f"ALTER POLICY tenant_isolation ON {PLAIN} TO anon", "policies", "has no policy"),
        (f"GRANT DELETE ON {PLAIN} TO tenant_app_role", "privileges", "may DELETE"),
        (f"GRANT SELECT ON {PLAIN} TO PUBLIC", "privileges", "PUBLIC may SELECT"),
        (f"ALTER TABLE {PLAIN} OWNER TO tenant_app_role", "privileges", "role of tenants"),
        (f"ALTER TABLE {BY_MONTH} DETACH PARTITION {BY_MONTH}_later;"
         f"ALTER TABLE {BY_MONTH} DETACH PARTITION {BY_MONTH}_2030;"
         f"ALTER TABLE {BY_MONTH} DETACH PARTITION {BY_MONTH}_2060", "partitions", "ends at 2022"),
        (f"DROP TABLE {PLAIN}", "migrations", "is not there"),
        ("DELETE FROM core_module_migrations", "migrations", "was not run"),
    ):  # fmt: skip
        with platform.admin.transaction(force_rollback=True):
            platform.admin.execute(statement.encode())
            rows = platform.admin.execute(
                'SELECT state, detail FROM check_tenant_module_health(%s, %s) WHERE "check" = %s',
                (ONE, GUARDED, check),
            ).fetchall()
            assert rows[0][0] == "bad", statement
            assert said in rows[0][1], statement


def test_stats_count_what_there_is(platform: Platform) -> None:
    platform.provision(ONE)
    platform.provision(OTHER)
    platform.provision(ONE, GUARDED)
    guarded, sample = platform.catalog.work(store.stats)
    assert (sample["versions"], sample["newest"], sample["tenants"]) == (4, "2.0.0", 2)
    assert sample["by_state"] == {"ENABLED": 2}
    assert sample["by_version"] == {"1.0.0": 2}
    assert guarded["by_state"] == {"PENDING_APPROVAL": 1}
    assert (guarded["calls"], guarded["errors"], guarded["last_used"]) == (0, 0, None)
