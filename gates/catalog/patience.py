"""Connects to a catalog that may be busy: waits for its turn, with a bound, and then says so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gates.errors import CatalogUnavailableError

if TYPE_CHECKING:
    import psycopg

BUSY_SECONDS = 120.0
"""How long a server is asked again that has no place, or is just starting or stopping."""
PAUSE = 0.2
_BUSY = (
    "too many clients",
    "remaining connection slots are reserved",
    "too many connections",
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is not yet accepting connections",
)
"""What such a server says; a refused connection has no SQLSTATE. Source: backend_startup.c,
postinit.c, proc.c. A server that says it in another language is not waited for."""


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
