"""Connects to a catalog that may be busy: waits for its turn, with a bound, and then says so."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from gates.errors import CatalogUnavailableError

if TYPE_CHECKING:
    import psycopg

BUSY_SECONDS = 120.0
"""How long a server is asked again that has no place, or starts, stops or recovers."""
PAUSE = 0.2
_BUSY = (
    "too many clients",
    "remaining connection slots are reserved",
    "too many connections",
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is in recovery mode",
    "the database system is not yet accepting connections",
)
"""What such a server says; a refused connection has no SQLSTATE. Source: backend_startup.c,
postinit.c, proc.c. A server that says it in another language is not waited for."""

_HOLDERS = """
SELECT DISTINCT coalesce('session ' || l.pid || ' of ' || coalesce(a.usename, '?'),
    'a prepared transaction')
FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
ORDER BY 1 LIMIT 5
"""
"""Who has an advisory lock in this database; what was prepared has no session."""


def connect(url: str, *, timeout: int) -> psycopg.Connection:
    """A connection in autocommit mode; `timeout` in seconds is for one attempt.

    Raises what psycopg raises, and `CatalogUnavailableError` for a server that is busy for
    `BUSY_SECONDS`.
    """
    import psycopg

    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=timeout)
        except psycopg.OperationalError as error:
            if not any(each in str(error) for each in _BUSY):
                raise
            if time.monotonic() > until:
                raise CatalogUnavailableError(
                    f"the catalog is busy: for {BUSY_SECONDS:.0f} s it had no place for one more",
                    hint="run fewer releases at a time, or raise max_connections of the server",
                ) from error
        time.sleep(PAUSE)


def locked(where: str, connection: psycopg.Connection | None) -> CatalogUnavailableError:
    """What to raise where a lock was not given in time: it names who has one, since whoever reads
    a catalog may take such a lock and keep it."""
    import psycopg

    holders: list[str] = []
    # Who holds it is only told beside; that it is locked is raised in any case.
    with contextlib.suppress(psycopg.Error):
        rows = connection.execute(_HOLDERS).fetchall() if connection else []
        holders = [row[0] for row in rows]
    return CatalogUnavailableError(
        f"the catalog {where} is locked: others keep a lock for longer than is waited for"
        f" ({', '.join(holders) or 'it is free by now'})",
        hint="run it again once they have ended; the catalog's owner ends them with"
        " pg_terminate_backend(PID), or with ROLLBACK PREPARED",
    )
