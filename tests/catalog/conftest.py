"""One server for all tests of the catalog, and a database of its own for each."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gates.catalog import Catalog, EvidenceRow, ModuleRow, ReleasedVersion
from gates.catalog.candidate import module_row
from gates.catalog.migrate import migrate
from gates.database.server.embedded import durable_server
from gates.release import evidence_rows, version_row
from gates.settings import Settings
from tests.catalog import tenants
from tests.passing import EXAMPLES, World

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
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode()
        )
    yield server.replace("/postgres?", f"/{name}?")
    # At once: the files of hundreds of databases take far longer to remove with the server.
    with psycopg.connect(server, autocommit=True) as connection:
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


@dataclass(frozen=True)
class Prepared:
    """A catalog, and what a release of the sample module would write into it."""

    url: str
    catalog: Catalog
    module: ModuleRow
    version: ReleasedVersion
    evidence: tuple[EvidenceRow, ...]
    root: Path = Path()
    """The folder of the module."""


@contextlib.contextmanager
def _prepare(server: str, migrated: str) -> Iterator[Prepared]:
    folder = Path(tempfile.mkdtemp(prefix="gates-test-"))
    shutil.copytree(EXAMPLES / "_base" / "python", folder / "sample-module")
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(folder / "state")})
    with contextlib.contextmanager(_create)(server, migrated) as url:
        world = World(folder / "sample-module", replace(settings, catalog=url))
        world.published()
        with Catalog.open(world.settings) as catalog:
            work = world.release(catalog)
            yield Prepared(
                url, catalog, module_row(work.module), version_row(work),
                evidence_rows(work.statements), world.root,
            )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def untouched(server: str, migrated: str) -> Iterator[Prepared]:
    """A catalog into which no test of the module commits anything."""
    with _prepare(server, migrated) as prepared:
        yield prepared


@pytest.fixture(scope="module")
def released(server: str, migrated: str) -> Iterator[Prepared]:
    """A catalog with one version that no test of the module changes."""
    with _prepare(server, migrated) as prepared:
        prepared.catalog.register(prepared.module, prepared.version, prepared.evidence)
        yield prepared


@pytest.fixture
def prepared(server: str, migrated: str) -> Iterator[Prepared]:
    """A catalog for one test alone."""
    with _prepare(server, migrated) as prepared:
        yield prepared


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
def connect() -> Iterator[Connect]:
    """Opens sessions on a catalog's database; as another login with `user`."""
    opened = []

    def open_session(url: str, user: str = "postgres", **options: Any) -> psycopg.Connection[Any]:
        connection = psycopg.connect(url, user=user, **options)
        opened.append(connection)
        return connection

    yield open_session
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def released_modules(server: str, migrated: str) -> Iterator[Settings]:
    """Settings of a catalog with the modules of `tests.catalog.tenants`, which nobody opens."""
    folder = tenants.temporary()
    with contextlib.contextmanager(_create)(server, migrated) as url:
        yield tenants.released(folder, url)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def platform_copy(server: str, released: Settings) -> Iterator[tenants.Platform]:
    """A fresh copy of a catalog with released modules, and a folder beside it."""
    template = released.catalog.partition("?")[0].rpartition("/")[2]
    folder = tenants.temporary()
    with contextlib.contextmanager(_create)(server, template) as url:
        settings = replace(released, catalog=url)
        with Catalog.open(settings) as catalog, psycopg.connect(url, autocommit=True) as admin:
            yield tenants.Platform(settings, catalog, admin, folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def platform(server: str, released_modules: Settings) -> Iterator[tenants.Platform]:
    """A platform with released modules for one test alone."""
    with platform_copy(server, released_modules) as made:
        yield made


@pytest.fixture(scope="module")
def shared_platform(server: str, released_modules: Settings) -> Iterator[tenants.Platform]:
    """A platform for tests that leave nothing behind which another one of the module would see."""
    with platform_copy(server, released_modules) as made:
        yield made


@pytest.fixture(scope="module")
def session(server: str, migrated: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser of an empty catalog, into which no test of the module commits anything."""
    with (
        contextlib.contextmanager(_create)(server, migrated) as url,
        psycopg.connect(url, autocommit=True) as opened,
    ):
        yield opened
