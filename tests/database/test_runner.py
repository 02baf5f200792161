"""Scripts: which statement failed, where, why; and none of them runs for ever."""

from __future__ import annotations

import time

import pytest

from gates.database.failure_advice import on_first_run, on_second_run
from gates.database.prepared.scratch import Scratch
from gates.database.server import driver
from gates.database.server.workspace import Workspace
from gates.model import Location


@pytest.fixture(scope="module")
def workspace(server_url):
    made = Workspace(server_url, throwaway=False)
    yield made
    made.close()


@pytest.fixture
def scratch(workspace):
    name = workspace.create("one")
    with workspace.connect(name) as admin:
        admin.execute(f"GRANT CREATE ON SCHEMA public TO {workspace.owner}")
    made = Scratch(name, workspace, limit=1.0)
    yield made
    made.close()
    workspace.drop(name)


def count(scratch: Scratch, query: str) -> int:
    return scratch.session("owner").execute(query).fetchone()[0]


def test_a_script_is_one_transaction(scratch):
    ran = scratch.run("a.sql", "CREATE TABLE a (n int);\n\nCREATE TABEL;")
    assert ran.failure.location == Location("a.sql", 3, 8)
    ran = scratch.run("a.sql", "CREATE TABLE a (n int);\nSELECT 1 / 0;\nSELECT 2;")
    assert (ran.statements, ran.in_transaction) == (1, True)
    assert ran.failure.location == Location("a.sql", 2, 1)
    assert (ran.failure.sqlstate, ran.failure.message) == ("22012", "division by zero")
    assert ran.failure.statement == "SELECT 1 / 0"
    assert count(scratch, "SELECT count(*) FROM pg_tables WHERE tablename = 'a'") == 0


def test_postgresqls_position_is_the_column(scratch):
    ran = scratch.run("a.sql", "SELECT 'é';\n  SELECT 1,\n    nothing FROM pg_class;")
    assert ran.failure.location == Location("a.sql", 3, 5)


def test_the_line_inside_a_do_block(scratch):
    ran = scratch.run(
        "a.sql",
        "-- a comment\nDO $body$\nBEGIN\n    PERFORM 1;\n    RAISE EXCEPTION 'no';\nEND\n$body$;",
    )
    assert ran.failure.location == Location("a.sql", 5, 5)
    assert ran.failure.sqlstate == "P0001"
    assert "CONTEXT: PL/pgSQL function inline_code_block line 4 at RAISE" in ran.failure.detail


def test_each_statement_commits_where_one_cannot_be_in_a_transaction(scratch):
    ran = scratch.run("a.sql", "CREATE TABLE a (n int);\nCREATE INDEX CONCURRENTLY i ON a (n);\nX;")
    assert ran.failure.sqlstate == "42601", "a script that does not parse does not begin"
    sql = "CREATE TABLE a (n int);\nCREATE INDEX CONCURRENTLY i ON a (n);\nSELECT 1 / 0;"
    ran = scratch.run("a.sql", sql)
    assert (ran.statements, ran.in_transaction) == (2, False)
    assert count(scratch, "SELECT count(*) FROM pg_indexes WHERE indexname = 'i'") == 1


def test_its_own_transactions_are_its_own(scratch):
    assert scratch.run("a.sql", "BEGIN; CREATE TABLE a (n int); COMMIT;").failure is None
    ran = scratch.run("b.sql", "BEGIN;\nCREATE TABLE b (n int);")
    assert ran.failure.message == "its transaction is never committed"
    assert count(scratch, "SELECT count(*) FROM pg_tables WHERE tablename IN ('a', 'b')") == 1


def test_a_deferred_constraint_fails_at_commit(scratch):
    ran = scratch.run(
        "a.sql",
        "CREATE TABLE a (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO a VALUES (1), (1);",
    )
    assert ran.failure.sqlstate == "23505"
    assert ran.failure.location.line == 2


def test_settings_do_not_reach_the_next_script(scratch):
    scratch.run(
        "a.sql", "SET search_path TO pg_catalog; SET statement_timeout = 5; CREATE TEMP TABLE x();"
    )
    assert scratch.run("b.sql", "CREATE TABLE here (n int); SELECT pg_sleep(0.05);").failure is None
    assert count(scratch, "SELECT count(*) FROM public.here") == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(60);",
        "SET statement_timeout = 0;\nSELECT pg_sleep(60);",
        "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$;",
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b;",
    ],
)
def test_a_statement_that_never_ends_is_stopped(scratch, sql):
    started = time.monotonic()
    ran = scratch.run("a.sql", sql)
    assert time.monotonic() - started < 10
    assert "took longer than 1 s" in ran.failure.message
    assert "time limit" in ran.failure.message
    assert scratch.run("b.sql", "SELECT 1;").failure is None, "the server is fit for the next one"


def test_a_lock_is_waited_for_no_longer_than_that(workspace, scratch):
    scratch.run("a.sql", "CREATE TABLE a (n int);")
    with workspace.connect(scratch.name, "owner") as other, other.transaction():
        other.execute("LOCK TABLE a")
        ran = scratch.run(
            "b.sql", "SET lock_timeout = 0;\nSET statement_timeout = 0;\nDROP TABLE a;"
        )
    assert ran.failure.location == Location("b.sql", 3, 1)
    assert ran.failure.message == (
        "took longer than 1 s and was stopped: the time limit of one statement"
    )


def test_many_statements_have_a_limit_together(workspace, scratch):
    scratch.total = 0.9
    wait = "SET statement_timeout = 0;\n" + "SELECT pg_sleep(0.5);\n" * 3
    first, second = scratch.run_all(
        [("a.sql", "SELECT 1;"), ("b.sql", wait), ("c.sql", "SELECT 1;")]
    )
    assert (first.failure, second.statements) == (None, 2)
    assert second.failure.location == Location("b.sql", 3, 1)
    assert second.failure.message == (
        "stopped: all migrations together took longer than 0.9 s, their time limit"
    )
    assert "batches" in on_first_run(second.failure)
    assert scratch.apply([("d.sql", "SELECT 1;")]) is None, "the next run has a limit of its own"


def test_commit_counts_as_a_statement(scratch):
    ran = scratch.run(
        "a.sql",
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';\n"
        "CREATE TABLE a (n int);\n"
        "CREATE CONSTRAINT TRIGGER w AFTER INSERT ON a INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION wait();\n"
        "INSERT INTO a VALUES (1);\nSET statement_timeout = 0;",
    )
    assert "took longer than 1 s" in ran.failure.message
    assert count(scratch, "SELECT count(*) FROM pg_tables WHERE tablename = 'a'") == 0


def test_one_that_ignores_being_cancelled_is_ended(scratch, monkeypatch):
    monkeypatch.setattr(driver, "CANCEL_GRACE", 0.5)
    ran = scratch.run(
        "a.sql",
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END;"
        " END LOOP; END $$;",
    )
    assert "time limit" in ran.failure.message
    left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    assert count(scratch, left) == 1
    assert scratch.run("b.sql", "SELECT 1;").failure is None


def test_a_script_that_ends_its_own_session(scratch):
    ran = scratch.run("a.sql", "SELECT pg_terminate_backend(pg_backend_pid());\nSELECT 1;")
    assert "terminat" in ran.failure.message or "ended the session" in ran.failure.message
    assert scratch.run("b.sql", "SELECT 1;").failure is None


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("CREATE ROLE evil SUPERUSER", "42501"),
        ("ALTER SYSTEM SET fsync = off", "42501"),
        ("SET ROLE postgres", "42501"),
        ("SET SESSION AUTHORIZATION postgres", "42501"),
        ("COPY (SELECT 1) TO PROGRAM 'true'", "42501"),
        ("COPY (SELECT 1) TO '/tmp/out'", "42501"),
        ("SELECT pg_read_file('/etc/passwd')", "42501"),
        ("SELECT lo_import('/etc/passwd')", "42501"),
        ("CREATE EXTENSION dblink", "42501"),
        ("CREATE EXTENSION file_fdw", "42501"),
        ("CREATE LANGUAGE c2 HANDLER plpgsql_call_handler", "42501"),
        ("SET session_replication_role = replica", "42501"),
        ("ALTER TABLE pg_authid ADD COLUMN x int", "42501"),
        ("SELECT rolpassword FROM pg_authid", "42501"),
    ],
)
def test_migrations_cannot_leave_their_database(scratch, statement, sqlstate):
    assert scratch.run("a.sql", statement).failure.sqlstate == sqlstate


def test_settings_of_the_role_do_not_reach_the_next_database(workspace, scratch):
    assert (
        scratch.run("a.sql", "ALTER ROLE CURRENT_USER SET search_path = 'nowhere';").failure is None
    )
    name = workspace.create("two")
    with workspace.connect(name, "owner") as owner:
        assert owner.execute("SHOW search_path").fetchone() == ('"$user", public',)
    workspace.drop(name)


def test_every_failure_has_advice(scratch):
    for sql in ("SELECT 1 / 0", "SELECT * FROM nothing", "CREATE EXTENSION nothing", "SELECT x(1)",
                "SET ROLE postgres", "SELECT pg_sleep(9)"):  # fmt: skip
        failure = scratch.run("a.sql", sql).failure
        assert on_first_run(failure)
        assert on_second_run(failure)
