"""One throwaway server for the tests of the move, and an old world that each test has a copy of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gates.database.server.embedded import throwaway_server
from gates.database.server.programs import Programs
from gates.move import legacy, stand_in
from gates.move.place import Deadline, Place
from gates.move.rehearse import stand_ins
from gates.move.transfer import make_catalog
from gates.settings import Settings

PLANS = Path(__file__).parent
EXAMPLE = PLANS.parents[1] / "examples" / "migration-plan.toml"
SEED = PLANS / "seed-plan.toml"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class World:
    """A server, its programs, and the folder of the stand-ins' migrations."""

    url: str
    programs: Path
    modules: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = Settings.from_environment()
    modules = tmp_path_factory.mktemp("modules")
    stand_in.write_modules(modules, legacy.MODULES)
    with throwaway_server(settings) as url:
        programs = Programs.find(settings.cache / "postgresql").folder
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE old_reader NOLOGIN")
            connection.execute("CREATE DATABASE old_world TEMPLATE template0")
            connection.execute("GRANT CONNECT ON DATABASE old_world TO old_reader")
        with psycopg.connect(at(url, "old_world"), autocommit=True) as connection:
            legacy.make(connection, legacy.Size(12, audits=2))
            connection.execute("GRANT SELECT ON public.organizations TO old_reader")
            connection.execute("CREATE SEQUENCE public.invoice_numbers START 41")
            connection.execute("SELECT nextval('public.invoice_numbers')")
        yield World(url, programs, modules)


def at(url: str, database: str) -> str:
    """The URL of another database of a server."""
    return url.replace("/postgres?", f"/{database}?")


def copy_of_world(connection: psycopg.Connection, name: str) -> None:
    """A copy of the old world, with what no copy takes along: a grant and a setting of its own."""
    connection.execute(f"CREATE DATABASE {name} TEMPLATE old_world STRATEGY FILE_COPY".encode())
    connection.execute(f"GRANT CONNECT ON DATABASE {name} TO old_reader".encode())
    connection.execute(f"ALTER DATABASE {name} SET work_mem TO '5MB'".encode())


@pytest.fixture
def place(world: World, tmp_path: Path) -> Place:
    """A copy of the old world that one test alone changes."""
    name = f"axon_{next(_numbers)}"
    with psycopg.connect(world.url, autocommit=True) as connection:
        copy_of_world(connection, name)
    return Place(
        world.url, name, tmp_path, world.programs, modules=world.modules, releases=stand_ins,
        lock_timeout=0.3, jobs=1,
    )  # fmt: skip


@pytest.fixture
def base(world: World, tmp_path: Path) -> Place:
    """A place for rehearsals, which make their own databases."""
    return Place(world.url, "axon", tmp_path, world.programs, lock_timeout=0.3, jobs=1)


@pytest.fixture(scope="session")
def catalogued(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an old world in which the catalog is made already."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        copy_of_world(connection, "catalogued")
    folder = tmp_path_factory.mktemp("catalogued")
    place = Place(world.url, "catalogued", folder, world.programs, releases=stand_ins)
    make_catalog(place, Deadline.of(60))
    return "catalogued"


def connect(place: Place) -> psycopg.Connection:
    return psycopg.connect(at(place.url, place.database), autocommit=True)
