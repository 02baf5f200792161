"""Closes the database for everybody but superusers while it is moved, and opens it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gates.move.journal import write_synced
from gates.move.place import APPLICATION, Deadline, Place, StepFailedError, identifier

if TYPE_CHECKING:
    import psycopg

_LIMIT = "connections.json"
_IN_THE_WAY = """
SELECT 'the prepared transaction ' || gid || ' (COMMIT PREPARED or ROLLBACK PREPARED)'
    FROM pg_prepared_xacts WHERE database = %(name)s
UNION ALL SELECT 'the replication slot ' || slot_name || ' (drop it: it would stay with what is put'
    ' aside)' FROM pg_replication_slots WHERE database = %(name)s
UNION ALL SELECT 'the subscription ' || subname || ' (drop it: its copy cannot be dropped)'
    FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid
    WHERE d.datname = %(name)s
ORDER BY 1
"""


def nothing_in_the_way(connection: psycopg.Connection[tuple[Any, ...]], place: Place) -> None:
    """Raise `StepFailedError` for what no backup takes along, and no rename: prepared transactions,
    logical replication slots, subscriptions. Without it the way back would fail, or lose them."""
    found = connection.execute(_IN_THE_WAY, {"name": place.database}).fetchall()
    if found:
        listed = "; ".join(each for (each,) in found[:10])
        raise StepFailedError(f"{place.database} cannot be put aside while it has {listed}")


def close(place: Place, deadline: Deadline) -> dict[str, str]:
    """Let no new session in, and end those that are there, but ours.

    The limit of sessions that the database had is kept beside the journal, before it is changed.
    """
    kept = place.folder / _LIMIT
    with place.session(deadline, "postgres") as connection:
        nothing_in_the_way(connection, place)
        if not kept.exists():
            found = connection.execute(
                "SELECT datconnlimit FROM pg_database WHERE datname = %s", (place.database,)
            ).fetchone()
            if found is None:
                raise StepFailedError(f"there is no database {place.database}")
            write_synced(kept, json.dumps({"limit": found[0]}))
        _limit(place, deadline, 0)
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name <> %s",
            (place.database, APPLICATION),
        ).fetchone()
        left = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name <> %s",
            (place.database, APPLICATION),
        ).fetchone()
    if left and left[0]:
        raise StepFailedError(f"{left[0]} sessions do not end: {place.holders()}")
    return {"sessions ended": str(ended[0] if ended else 0)}


def reopen(place: Place, deadline: Deadline) -> dict[str, str]:
    """Give the database the limit of sessions back that it had."""
    try:
        limit = int(json.loads((place.folder / _LIMIT).read_text("utf-8"))["limit"])
    except FileNotFoundError:
        return {"sessions": "never closed"}
    except (OSError, ValueError, KeyError) as error:
        raise StepFailedError(f"what the limit of sessions was is not known: {error}") from error
    _limit(place, deadline, limit)
    return {"sessions": "any number" if limit < 0 else str(limit)}


def _limit(place: Place, deadline: Deadline, limit: int) -> None:
    with place.session(deadline, "postgres") as connection:
        connection.execute(
            f"ALTER DATABASE {identifier(place.database)} CONNECTION LIMIT {limit}".encode()
        )
