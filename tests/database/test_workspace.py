"""On anybody's server: only what is ours is made and dropped, and what is missing is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psycopg
import pytest

from gates.database.server.leftovers import PLATFORM_ROLES
from gates.database.server.workspace import Workspace
from gates.errors import DatabaseUnavailableError
from gates.model import Verdict
from tests.database.conftest import results


@pytest.fixture
def admin(server_url):
    with psycopg.connect(server_url, autocommit=True) as connection:
        yield connection


def names(admin: psycopg.Connection, query: str) -> set[str]:
    return {row[0] for row in admin.execute(query)}


def inventory(admin: psycopg.Connection) -> tuple[set[str], set[str]]:
    return (
        names(admin, "SELECT datname FROM pg_database"),
        names(admin, "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'"),
    )


@pytest.fixture
def plain_role(admin, server_url):
    """A URL for a role with some attributes and no superuser rights."""
    made = []

    def make(attributes: str) -> str:
        name = f"plain_{len(made)}_{os.getpid()}"
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain' {attributes}")
        made.append(name)
        return server_url.replace("postgres@", f"{name}:plain@")

    yield make
    for name in made:
        admin.execute(f"DROP OWNED BY {name}")
        admin.execute(f"DROP ROLE {name}")


def test_nothing_is_left_and_nothing_else_is_touched(admin, server_url):
    admin.execute("CREATE DATABASE gates_of_the_city TEMPLATE template0")
    before = inventory(admin)
    workspace = Workspace(server_url, throwaway=False)
    first = workspace.create("one")
    workspace.create("two", first)
    assert first.startswith(workspace.prefix)
    workspace.close()
    assert inventory(admin) == before
    admin.execute("DROP DATABASE gates_of_the_city")


def test_a_database_of_another_is_never_dropped(server_url):
    workspace = Workspace(server_url, throwaway=False)
    with pytest.raises(Exception, match="no database of this run"):
        workspace.drop("postgres")
    workspace.close()


def test_roles_that_were_there_before_stay(admin, server_url):
    for role in PLATFORM_ROLES:
        admin.execute(f"DROP ROLE IF EXISTS {role}")
    admin.execute("CREATE ROLE anon NOLOGIN")
    Workspace(server_url, throwaway=False).close()
    left = names(admin, "SELECT rolname FROM pg_roles WHERE rolname = ANY"
                        " ('{anon,authenticated,service_role,tenant_app_role}')")  # fmt: skip
    assert left == {"anon"}
    admin.execute("DROP ROLE anon")


def test_two_runs_at_once_keep_the_roles_until_the_last_is_out(admin, server_url):
    first = Workspace(server_url, throwaway=False)
    second = Workspace(server_url, throwaway=False)
    first.close()
    there = "SELECT rolname FROM pg_roles WHERE rolname = 'tenant_app_role'"
    assert names(admin, there)
    database = second.create("one")
    second.connect(database, "app").close()
    second.close()
    assert not names(admin, there)


def test_many_runs_at_once(admin, server_url):
    before = inventory(admin)
    failures = []

    def run() -> None:
        try:
            workspace = Workspace(server_url, throwaway=False)
            workspace.connect(workspace.create("one"), "app").close()
            workspace.close()
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert inventory(admin) == before


def test_what_a_killed_run_left_is_swept_by_the_next(admin, server_url):
    before = inventory(admin)
    program = textwrap.dedent(f"""
        import time
        from gates.database.server.workspace import Workspace
        workspace = Workspace({server_url!r}, throwaway=False)
        print(workspace.create("one"), flush=True)
        time.sleep(60)
    """)
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    left = child.stdout.readline().strip()
    alive = Workspace(server_url, throwaway=False)
    assert left in inventory(admin)[0], "a run that lives is left alone"
    child.send_signal(signal.SIGKILL)
    child.wait()
    until = time.monotonic() + 10
    while time.monotonic() < until and names(
        admin, f"SELECT pid FROM pg_locks WHERE objid = x'{left[6:14]}'::bigint::oid"
    ):
        time.sleep(0.02)
    Workspace(server_url, throwaway=False).close()
    assert left not in inventory(admin)[0]
    alive.close()
    assert inventory(admin) == before


@pytest.mark.parametrize(
    ("attributes", "lacks"),
    [
        ("", "CREATEDB CREATEROLE BYPASSRLS"),
        ("CREATEDB", "CREATEROLE BYPASSRLS"),
        ("CREATEDB CREATEROLE", "BYPASSRLS"),
    ],
)
def test_a_role_is_told_what_it_lacks_and_the_command(plain_role, admin, attributes, lacks):
    before = inventory(admin)[0]
    old = admin.info.server_version < 160000
    with pytest.raises(DatabaseUnavailableError, match="GATES_DATABASE_URL lacks") as caught:
        Workspace(plain_role(attributes), throwaway=False)
    assert caught.value.hint.startswith("ALTER ROLE")
    assert caught.value.hint.endswith("SUPERUSER" if old else f'" {lacks}')
    assert inventory(admin)[0] == before


def test_the_command_is_enough(plain_role, admin):
    if admin.info.server_version < 160000:
        pytest.skip("before PostgreSQL 16 it is SUPERUSER")
    url = plain_role("CREATEDB CREATEROLE BYPASSRLS")
    for role in PLATFORM_ROLES:
        admin.execute(f"DROP ROLE IF EXISTS {role}")
    Workspace(url, throwaway=False).close()


def test_all_proofs_work_without_superuser(plain_role, admin, shared, sql_module):
    from dataclasses import replace

    from tests.database.test_defects import ALL

    if admin.info.server_version < 160000:
        pytest.skip("before PostgreSQL 16 only a superuser may make a role that bypasses")
    for role in PLATFORM_ROLES:
        admin.execute(f"DROP ROLE IF EXISTS {role}")
    url = plain_role("CREATEDB CREATEROLE BYPASSRLS")
    found = results(sql_module(), replace(shared, database_url=url), *ALL)
    assert {name: (each.verdict, each.reason) for name, each in found.items()} == dict.fromkeys(
        ALL, (Verdict.PASS, None)
    )


RUN = """
    import sys
    from pathlib import Path
    from gates.database import Database
    from gates.module import load
    from gates.settings import Policy, Settings
    settings = Settings.from_environment({"GATES_DATABASE_URL": sys.argv[1]})
    with Database.open(load(Path(sys.argv[2])), Policy(), settings) as database:
        assert [run.failure for run in database.applied.runs] == [None]
        with database.clone() as clone:
            print(clone.name, flush=True)
            if sys.argv[3:]:
                sys.stdin.read()
"""


def start(server_url, module, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), server_url, str(module.root), *more],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_at_once_do_not_disturb_each_other(admin, server_url, sql_module):
    before = inventory(admin)
    module = sql_module()
    running = [start(server_url, module) for _ in range(3)]
    printed = [each.communicate(timeout=120) for each in running]
    assert [each.returncode for each in running] == [0, 0, 0], printed
    assert len({out for out, _ in printed}) == 3
    assert inventory(admin) == before


def test_nothing_is_left_after_ctrl_c(admin, server_url, sql_module):
    before = inventory(admin)
    child = start(server_url, sql_module(), "wait")
    name = child.stdout.readline().strip()
    assert name in inventory(admin)[0]
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode != 0
    assert inventory(admin) == before


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody:secret@127.0.0.1:1/x", "postgresql://u:secret@no.invalid/x", "nonsense"],
)
def test_an_unreachable_server_is_inconclusive_and_keeps_the_password(url, shared, sql_module):
    from dataclasses import replace

    result = results(sql_module(), replace(shared, database_url=url), "tenant-isolation")
    found = result["tenant-isolation"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "GATES_DATABASE_URL" in found.hint
    assert "secret" not in found.reason


def test_the_application_role_cannot_step_out(server_url):
    workspace = Workspace(server_url, throwaway=False)
    try:
        with workspace.connect(workspace.create("one"), "app") as app:
            who = "SELECT current_user::text"
            app.execute("RESET ROLE")
            assert app.execute(who).fetchone() == ("tenant_app_role",)
            app.execute("DISCARD ALL")
            assert app.execute(who).fetchone() == ("tenant_app_role",)
            for statement in ("SET ROLE postgres", "SET SESSION AUTHORIZATION postgres",
                              f"SET ROLE {workspace.owner}"):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(statement)
    finally:
        workspace.close()
