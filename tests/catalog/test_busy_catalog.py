"""Many at a time: a catalog that has no place is waited for, with a bound; none is lost."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from gates.catalog import Catalog, patience
from gates.errors import CatalogUnavailableError
from gates.settings import Settings
from tests.benchmarks.registrations import register_many


class Full:
    """A server's way to answer: so many times that it has no place."""

    def __init__(self, times: int, says: str) -> None:
        self.left, self.says = times, says

    def __call__(self, *_: object, **__: object) -> object:
        if self.left:
            self.left -= 1
            raise psycopg.OperationalError(f"connection failed: FATAL:  {self.says}")
        return self


@pytest.mark.parametrize(
    "says",
    [
        "sorry, too many clients already",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        'too many connections for role "releaser"',
        'too many connections for database "catalog"',
        "the database system is starting up",
        "the database system is shutting down",
    ],
)
def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    server = Full(3, says)
    monkeypatch.setattr(patience, "PAUSE", 0.0)
    monkeypatch.setattr(psycopg, "connect", server)
    assert patience.connect("", timeout=1) is server


def test_what_is_not_busy_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Full(3, 'password authentication failed for user "x"')
    monkeypatch.setattr(psycopg, "connect", server)
    with pytest.raises(psycopg.OperationalError, match="password"):
        patience.connect("", timeout=1)
    assert server.left == 2


def test_waiting_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE", 0.01)
    monkeypatch.setattr(patience, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(psycopg, "connect", Full(1_000_000, "sorry, too many clients already"))
    with pytest.raises(CatalogUnavailableError, match="is busy"):
        patience.connect("", timeout=1)


def test_registrations_wait_for_a_place(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every place of a real server is taken for a while by others."""
    assert catalog.modules() == ()
    monkeypatch.setattr(patience, "PAUSE", 0.02)
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(contextlib.closing(psycopg.connect(catalog._url)))
        threading.Timer(0.3, taken.pop_all().close).start()
        started = time.monotonic()
        with Catalog.open(catalog.settings) as other:
            other._ask(lambda _: None)
        assert time.monotonic() - started > 0.2


def test_several_processes_register_at_once(settings: Settings, folder: Path) -> None:
    settings = replace(settings, catalog=str(folder / "catalog"))
    assert register_many(settings, folder, 6, 6) == []
    with Catalog.open(settings) as catalog:
        assert len(catalog.modules()) == 6
