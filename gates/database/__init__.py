"""Proofs on a real PostgreSQL: what a check may ask of a database.

What knows of no proof (a catalog that is asked, a server that is started) imports none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.lazy import load

if TYPE_CHECKING:
    from gates.database.catalog_state.snapshot import Snapshot as Snapshot
    from gates.database.catalog_state.snapshot import diff as diff
    from gates.database.database import Database as Database
    from gates.database.prepared.databases import Applied as Applied
    from gates.database.prepared.databases import Clone as Clone
    from gates.database.prepared.databases import (
        MigrationsDoNotApplyError as MigrationsDoNotApplyError,
    )
    from gates.database.prepared.scratch import Scratch as Scratch
    from gates.database.server.embedded import durable_server as durable_server
    from gates.database.server.embedded import throwaway_server as throwaway_server

_FILES = {
    "Applied": "prepared.databases",
    "Clone": "prepared.databases",
    "Database": "database",
    "MigrationsDoNotApplyError": "prepared.databases",
    "Scratch": "prepared.scratch",
    "Snapshot": "catalog_state.snapshot",
    "diff": "catalog_state.snapshot",
    "durable_server": "server.embedded",
    "throwaway_server": "server.embedded",
}

__all__ = sorted(_FILES)


def __getattr__(name: str) -> object:
    return load(__name__, _FILES, name)
