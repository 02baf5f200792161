"""One server for all tests of the catalog, and a database of its own for each."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from passing import World

from gates.catalog import Catalog
from gates.catalog.migrate import migrate
from gates.database.server import durable_server
from gates.settings import Settings

Connect = Callable[..., "psycopg.Connection[Any]"]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a server's superuser."""
    folder = Path(tempfile.mkdtemp(prefix="gates-test-"))
    folder.chmod(0o755)
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(folder)})
    with durable_server(folder / "server", settings) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    shutil.rmtree(folder, ignore_errors=True)


def _create(server: str, template: str) -> Iterator[str]:
    name = f"catalog_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def migrated(server: str) -> Iterator[str]:
    """The name of a database with the catalog's schema and nothing in it."""
    with contextlib.contextmanager(_create)(server, "template0") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            migrate(connection)
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def database(server: str, migrated: str) -> Iterator[str]:
    """The URL of a database with the catalog's schema and nothing in it."""
    yield from _create(server, migrated)


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    """The URL of a database in which no catalog was made yet."""
    yield from _create(server, "template0")


@pytest.fixture
def here(settings: Settings, database: str) -> Settings:
    """Settings whose catalog is the empty database."""
    return replace(settings, catalog=database)


@pytest.fixture
def world(make_module: Callable[..., Path], here: Settings) -> World:
    return World(make_module("python"), here)


@pytest.fixture
def catalog(here: Settings) -> Iterator[Catalog]:
    with Catalog.open(here) as catalog:
        yield catalog


@pytest.fixture
def connect(database: str) -> Iterator[Connect]:
    """Opens sessions on the catalog's database; as another login with `user`."""
    opened = []

    def open_session(user: str = "postgres", **options: Any) -> psycopg.Connection[Any]:
        connection = psycopg.connect(database, user=user, **options)
        opened.append(connection)
        return connection

    yield open_session
    for each in opened:
        each.close()
