"""Faults of the machine, as they happen to a process that publishes or releases."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from gates.database.server.postmaster import stop

CUT = "/cut-off"
"""The request after which a registry of these tests answers nothing more."""
SMALL = 100
"""Bytes that a file may still have on the full disk: what is larger is torn there."""
CAPABILITIES_VERSION, OVERRIDES = 0x20080522, 0b110
"""_LINUX_CAPABILITY_VERSION_3; CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH. Source: capget(2)."""


@dataclass(frozen=True)
class Place:
    """What a fault may strike."""

    state: Path
    """The folder that holds the registry."""
    server: Path
    """The folder of the catalog's server."""
    catalog: str
    """The URL of the catalog."""
    registry: str = ""
    """The origin of the registry, where that is a server of these tests."""


@dataclass(frozen=True)
class Fault:
    """One fault: its name, what it does to the process that calls it, how that may then end."""

    name: str
    strike: Callable[[Place], None]
    ends: frozenset[int]
    """Exit statuses, -n for signal n. Success is one where nothing needed what was taken."""
    stages: tuple[str, ...] = ("publish", "release")
    registries: tuple[str, ...] = ("folder", "server")
    """Where it can strike."""


def _kill(_place: Place) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _terminate(_place: Place) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _fill_disk(_place: Place) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))


def _forbid_writing(place: Place) -> None:
    for folder, _, _ in os.walk(place.state):
        os.chmod(folder, 0o555)  # noqa: PTH101
    if os.geteuid() == 0:
        _obey_modes()


def _obey_modes() -> None:
    """Let root's process be bound to the modes of files, like any other."""
    assert sys.platform.startswith("linux")
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    sets[0] &= ~OVERRIDES
    assert libc.capset(header, sets) == 0


def _end_server(place: Place) -> None:
    stop(place.server / "data", immediate=True)


def _cut_catalog(place: Place) -> None:
    with psycopg.connect(place.catalog, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'axon-gates catalog' AND datname = current_database()"
        )


def _cut_registry(place: Place) -> None:
    urllib.request.urlopen(f"{place.registry}{CUT}").close()


FOLDER, SERVER = ("folder",), ("server",)
FAULTS = (
    Fault("kill -9", _kill, frozenset({-signal.SIGKILL})),
    Fault("SIGTERM", _terminate, frozenset({130}), registries=FOLDER),
    Fault("full disk", _fill_disk, frozenset({0, 3}), registries=FOLDER),
    Fault("read-only state", _forbid_writing, frozenset({0, 3}), registries=FOLDER),
    Fault("catalog server gone", _end_server, frozenset({0, 3}), ("release",), FOLDER),
    Fault("catalog connection cut", _cut_catalog, frozenset({0, 3}), ("release",), SERVER),
    Fault("registry cut off", _cut_registry, frozenset({0, 3}), registries=SERVER),
)
