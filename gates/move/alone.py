"""One move of a database at a time, whoever begins it and on whichever machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gates.database.server.driver import connect
from gates.errors import UsageError
from gates.move.place import APPLICATION, Place
from gates.records import replace

_TAKE = """
SELECT pg_try_advisory_lock(hashtext('gates migration'), hashtext(%s)),
    set_config('application_name', %s, false), (SELECT system_identifier FROM pg_control_system())
"""


@contextlib.contextmanager
def alone(place: Place) -> Iterator[Place]:
    """The place with its identity, while no other process moves this database.

    The lock is a session's in `postgres`, since the database itself is renamed on the way back; it
    ends with the process, and with the server. Raises `UsageError` where another has it,
    `DatabaseUnavailableError` without the server.
    """
    settings = {"idle_session_timeout": "0", "search_path": "pg_catalog"}
    with connect(place.url, timeout=30.0, database="postgres", settings=settings) as connection:
        row = connection.execute(_TAKE, (place.database, APPLICATION)).fetchone()
        taken, _, server = row or (False, "", "")
        if not taken:
            raise UsageError(
                f"another process moves the database {place.database} of this server",
                hint="find who began it: pg_locks in the database postgres, locktype advisory",
            )
        yield replace(place, identity=f"database {place.database} of server {server}")
