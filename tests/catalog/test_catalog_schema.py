"""The catalog's schema is brought up to date once, by whoever comes first, and never guessed."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from gates.catalog import Catalog
from gates.catalog import migrate as migrating
from gates.errors import CatalogUnavailableError
from gates.settings import Settings


def test_applied_once(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        assert migrating.applied(connection) == {}
        names = migrating.migrate(connection)
        assert names == sorted(names)
        assert names[0] == "000_roles.sql"
        assert migrating.migrate(connection) == []
        assert len(migrating.applied(connection)) == len(names)


def test_many_at_once(empty_database: str) -> None:
    ended: list[Any] = []

    def run() -> None:
        try:
            with psycopg.connect(empty_database, autocommit=True) as connection:
                ended.append(len(migrating.migrate(connection)))
        except Exception as error:  # noqa: BLE001 - shown below
            ended.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(ended) == [0, 0, 0, 0, 0, len(migrating.migrations())]


def test_whole_or_not_at_all(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = migrating.Migration(
        99, "099_broken.sql", "CREATE TABLE public.half (id int); nonsense"
    )
    monkeypatch.setattr(migrating, "migrations", lambda: (broken,))
    with psycopg.connect(empty_database, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.SyntaxError):
            migrating.migrate(connection)
        found = connection.execute(
            "SELECT to_regclass('public.half'), to_regclass('public.core_catalog_migrations')"
        )
        assert found.fetchone() == (None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE core_catalog_migrations SET sha256 = 'x' WHERE number = 2", "another 002_evid"),
        ("INSERT INTO core_catalog_migrations VALUES (99, 'later', 'x')", "of a later version"),
    ],
)
def test_a_schema_that_is_not_ours(
    here: Settings, database: str, change: str, message: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(change.encode())
    with Catalog.open(here) as catalog, pytest.raises(CatalogUnavailableError, match=message):
        catalog.modules()


def test_a_database_with_a_table_of_that_name(here: Settings, empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE TABLE core_modules (id int)")
    with (
        Catalog.open(replace(here, catalog=empty_database)) as catalog,
        pytest.raises(CatalogUnavailableError, match="already exists"),
    ):
        catalog.modules()


def test_a_connection_that_breaks_is_made_anew(here: Settings, connect: Any) -> None:
    with Catalog.open(here) as catalog:
        assert catalog.modules() == ()
        connect(here.catalog, autocommit=True).execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'axon-gates catalog'"
        )
        with pytest.raises(CatalogUnavailableError):
            catalog.modules()
        assert catalog.modules() == ()


def test_reading_a_catalog_that_was_never_made_makes_none(settings: Settings) -> None:
    with Catalog.open(settings) as catalog:
        assert catalog.is_new
        assert catalog.modules() == ()
        assert not catalog.previous("sample-module", "1.0.0").known
        assert catalog.is_new


def test_a_folder_that_is_no_catalog(settings: Settings, folder: Any) -> None:
    (folder / "papers").mkdir()
    (folder / "papers" / "letter.txt").write_text("dear")
    with (
        Catalog.open(replace(settings, catalog=str(folder / "papers"))) as catalog,
        pytest.raises(CatalogUnavailableError, match="cannot be reached"),
    ):
        catalog.modules()


def test_passwords_are_not_shown(settings: Settings) -> None:
    url = "postgresql://ann:secret@db.example:5432/catalog"
    assert Catalog(replace(settings, catalog=url)).where == (
        "postgresql://ann:***@db.example:5432/catalog"
    )


def test_many_threads_share_a_catalog(here: Settings) -> None:
    with Catalog.open(here) as catalog:
        ended = []
        threads = [
            threading.Thread(target=lambda: ended.append(catalog.previous("x", "1.0.0").known))
            for _ in range(8)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert ended == [False] * 8
