"""Servers of our own on a machine with faults: threads, damaged files, silence, kill -9."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gates.catalog import Catalog
from gates.database.prepared.databases import Prepared
from gates.database.server.driver import psycopg_modules
from gates.database.server.embedded import throwaway_server
from gates.database.server.folders import Lock, runs_folder
from gates.database.server.programs import PACKAGE, Programs, _copy
from gates.errors import (
    CatalogUnavailableError,
    DatabaseUnavailableError,
    ToolMissingError,
)
from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains.cache import sealed
from gates.toolchains.folders import SEAL
from tests.database import test_server

own = test_server.own


def test_a_lock_that_is_closed_twice_closes_nothing_of_anybody_else(folder):
    lock = Lock(folder / "lock")
    lock.close()
    read, write = os.pipe()  # the lowest free number: that of the lock
    lock.close()
    os.write(write, b"there")
    assert os.read(read, 5) == b"there"
    os.close(read)
    os.close(write)


def test_threads_that_close_locks_twice_close_nothing_of_each_other(folder):
    """As `durable_server` does; each thread reads back what it wrote to a file of its own."""

    def use(number: int) -> list[str]:
        strange = []
        for turn in range(150):
            text = f"{number} {turn}".encode()
            try:
                with Lock(folder / "lock") as lock:
                    lock.take()
                    lock.close()
                    file = folder / str(number)
                    with file.open("wb", buffering=0) as writing, file.open("rb") as reading:
                        time.sleep(0)
                        lock.close()
                        writing.write(text)
                        if reading.read() != text:
                            strange.append("other bytes")
            except OSError as error:
                strange.append(str(error))
        return strange

    with ThreadPoolExecutor(16) as pool:
        assert [each for found in pool.map(use, range(16)) for each in found] == []


@pytest.fixture
def silent() -> Iterator[tuple[str, socket.socket]]:
    """A URL at which somebody takes calls and says nothing, and that somebody's socket."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        listening.setblocking(False)
        port = listening.getsockname()[1]
        yield f"postgresql://a:secret@127.0.0.1:{port}/b?connect_timeout=2", listening


def calls(listening: socket.socket) -> int:
    count = 0
    try:
        while True:
            listening.accept()[0].close()
            count += 1
    except BlockingIOError:
        return count


def test_a_server_that_never_answers_is_asked_once_a_run(silent, make_module):
    url, listening = silent
    settings = Settings.from_environment({"GATES_DATABASE_URL": url})
    prepared = Prepared(load(make_module("python")), Policy(), settings)
    began = time.monotonic()
    for _ in range(5):
        with pytest.raises(DatabaseUnavailableError, match="timeout") as raised:
            _ = prepared.applied
        assert "secret" not in raised.value.message
    assert calls(listening) == 1
    assert time.monotonic() - began < 5


def test_a_catalog_that_never_answers_is_asked_once_a_run(silent):
    url, listening = silent
    with Catalog.open(Settings.from_environment({"GATES_CATALOG": url})) as catalog:
        for _ in range(5):
            with pytest.raises(CatalogUnavailableError, match="timeout") as raised:
                catalog.modules()
            assert "secret" not in raised.value.message
    assert calls(listening) == 1


def test_a_driver_that_does_not_load_is_not_called_missing(folder, monkeypatch):
    broken = folder / "psycopg"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('no pq wrapper\\n- libpq: no')")
    monkeypatch.syspath_prepend(folder)
    loaded = [name for name in sys.modules if name.split(".")[0] == "psycopg"]
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ToolMissingError) as raised:
        psycopg_modules()
    assert raised.value.message == (
        "psycopg is installed, but does not load: no pq wrapper - libpq: no"
    )
    shutil.rmtree(broken)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ToolMissingError, match="psycopg is not installed"):
        psycopg_modules()


def test_a_template_that_was_damaged_is_made_anew_and_nothing_stays_in_memory(own):
    programs = Programs.find(own.cache / "postgresql")
    name = f"lean-{programs.version}-{programs.account.uid}-peer"
    template = own.cache / "postgresql" / name
    (template / "global").mkdir(parents=True)
    (template / "global" / "pg_control").write_bytes(b"")
    (template / SEAL).write_text("0" * 64)
    with throwaway_server(own) as url, psycopg_modules().connect(url):
        place = runs_folder(template.parent, programs.account)
    assert sealed(template) is not None
    left = {each.name for each in template.parent.iterdir()}
    assert left - {".seen"} == {name, "template.lock"}
    assert not place.exists(), "empty folders add up"


def test_copied_programs_that_were_damaged_are_copied_anew(folder):
    site, target = folder / "site", folder / "programs-1"
    for name in ("bin/initdb", "bin/postgres", "lib/libpq.so"):
        (site / PACKAGE / name).parent.mkdir(parents=True, exist_ok=True)
        (site / PACKAGE / name).write_text(name)
    assert _copy(site, target) == target
    first = target.stat().st_ino
    _copy(site, target)
    assert target.stat().st_ino == first, "a whole copy is left alone"
    (target / PACKAGE / "bin" / "initdb").write_bytes(b"")
    (target / PACKAGE / "lib" / "libpq.so").unlink()
    _copy(site, target)
    assert (target / PACKAGE / "bin" / "initdb").read_text() == "bin/initdb"
    assert (target / PACKAGE / "lib" / "libpq.so").exists()
    assert sorted(each.name for each in folder.iterdir()) == ["programs-1", "site"]
    assert [each.name for each in target.iterdir()] == [PACKAGE]
