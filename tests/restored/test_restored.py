"""Years later: a dump of the catalog and a copy of the registry, on a machine without a network.

`pytest tests/restored`; not part of the run of all tests, since it takes a dozen seconds.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from gates.catalog import Catalog
from gates.cli import cli
from gates.database.server.embedded import durable_server
from gates.database.server.programs import Programs
from gates.evidence.keys import public_path
from gates.release import release_version
from gates.settings import Settings
from tests.catalog.conftest import catalog as catalog
from tests.catalog.conftest import database as database
from tests.catalog.conftest import here as here
from tests.catalog.conftest import migrated as migrated
from tests.catalog.conftest import server as server
from tests.catalog.conftest import world as world
from tests.passing import World

NAMESPACE = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "-r", "--net")
"""Without any network but a loopback that is down."""
REACHES = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
except OSError:
    sys.exit(7)
"""


def alone(*command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A program that has no network."""
    return subprocess.run(
        [*NAMESPACE, *command], capture_output=True, text=True, env=env, timeout=120
    )


@pytest.fixture
def no_network() -> None:
    if shutil.which("unshare") is None or alone("true").returncode:
        pytest.skip("this machine lets nobody have a network namespace")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert subprocess.run([sys.executable, "-c", REACHES, port]).returncode == 0
        assert alone(sys.executable, "-c", REACHES, port).returncode == 7


def dump(programs: Programs, url: str, folder: Path) -> None:
    """The roles of a server and one of its databases, as an administrator keeps them."""
    for program, options in (
        ("pg_dumpall", ["--globals-only", f"--file={folder / 'roles.sql'}"]),
        ("pg_dump", ["--format=custom", f"--file={folder / 'catalog.dump'}"]),
    ):
        given = [programs.folder / program, f"--dbname={url}", *options]
        subprocess.run(given, check=True, capture_output=True)


def restore(programs: Programs, url: str, folder: Path) -> None:
    """Both into a server that was never used."""
    psql = [programs.folder / "psql", "-X", "-q", f"--dbname={url}", "-f", folder / "roles.sql"]
    subprocess.run(psql, check=True, capture_output=True)
    given = [programs.folder / "pg_restore", "--exit-on-error", f"--dbname={url}"]
    subprocess.run([*given, folder / "catalog.dump"], check=True, capture_output=True)


def tamper(url: str) -> None:
    """What somebody did to the dump: a column, and a row of the audit trail."""
    with psycopg.connect(url, autocommit=True) as session:
        for table, change in (
            ("core_module_versions", "tables_created = '{}'"),
            ("audit_logs", "operation = 'UPDATE'"),
        ):
            session.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
            session.execute(f"UPDATE {table} SET {change}".encode())


@pytest.mark.usefixtures("no_network")
def test_it_is_verified_from_a_dump_and_a_copy(
    world: World, catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.published()
    release_version(world.release(catalog))
    monkeypatch.setenv("GATES_STATE_DIR", str(world.settings.state))
    monkeypatch.setenv("GATES_CATALOG", world.settings.catalog)
    anchored = CliRunner().invoke(cli, ["catalog", "audit", "anchor"])
    assert anchored.exit_code == 0, anchored.exception
    programs = Programs.find(world.settings.cache)
    there = folder / "years-later"
    there.mkdir(mode=0o755)
    dump(programs, world.settings.catalog, there)
    shutil.copytree(world.registry.where, there / "registry")
    public = public_path(world.settings.key)
    (there / "key").mkdir()
    shutil.copy(public, there / "key" / public.name)
    Path(world.registry.where).rename(folder / "gone")
    settings = replace(
        Settings.from_environment({"GATES_STATE_DIR": str(there)}), cache=world.settings.cache
    )
    with durable_server(there / "server", settings) as url:
        restore(programs, url, there)
    (there / "gates-policy.toml").write_text("evidence.max_age_hours = 100000\n")
    environment = {
        **{name: each for name, each in os.environ.items() if not name.startswith("GATES_")},
        "GATES_STATE_DIR": str(there / "state"), "GATES_CATALOG": str(there / "server"),
        "GATES_REGISTRY": str(there / "registry"), "GATES_OFFLINE": "1",
        "GATES_SIGNING_KEY": str(there / "key" / public.name.removesuffix(".pub")),
        "GATES_POLICY": str(there / "gates-policy.toml"),
    }  # fmt: skip
    gates = str(Path(sys.executable).with_name("gates"))
    for command, said in (
        (["verify"], "sample-module 1.0.0  proved\n"),
        (["audit", "verify"], "as it was written\n1 anchor; rows newer than the last of them: 0"),
    ):
        done = alone(gates, "catalog", *command, env=environment)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
    with durable_server(there / "server", settings) as url:
        tamper(url)
    for command, said in (
        (["verify"], "list of tables is not the one that the tests saw"),
        (["audit", "verify"], "[audit-edited]"),
    ):
        done = alone(gates, "catalog", *command, env=environment)
        assert done.returncode == 4, (done.stdout, done.stderr)
        assert said in done.stdout
