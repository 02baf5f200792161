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

from gates.database.leftovers import PLATFORM_ROLES
from gates.database.workspace import Workspace
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
        admin.execute(f"CREATE ROLE {name} LOGIN {attributes}")
        made.append(name)
        return server_url.replace("postgres@", f"{name}@")

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
        from gates.database.workspace import Workspace
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


def test_a_role_without_rights_is_told_which(plain_role):
    with pytest.raises(DatabaseUnavailableError, match="lacks CREATEDB and CREATEROLE") as caught:
        Workspace(plain_role(""), throwaway=False)
    assert caught.value.hint.startswith("ALTER ROLE")


def test_a_role_that_may_not_bypass_is_told_so(plain_role, admin):
    before = inventory(admin)[0]
    with pytest.raises(DatabaseUnavailableError, match="bypass"):
        Workspace(plain_role("CREATEDB CREATEROLE"), throwaway=False)
    assert inventory(admin)[0] == before


def test_all_proofs_work_without_superuser(plain_role, admin, shared, sql_module):
    from dataclasses import replace

    from tests.database.test_defects import ALL

    for role in PLATFORM_ROLES:
        admin.execute(f"DROP ROLE IF EXISTS {role}")
    url = plain_role("CREATEDB CREATEROLE BYPASSRLS")
    found = results(sql_module(), replace(shared, database_url=url), *ALL)
    assert {name: (each.verdict, each.reason) for name, each in found.items()} == dict.fromkeys(
        ALL, (Verdict.PASS, None)
    )


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
