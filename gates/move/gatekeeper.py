"""Closes the database for everybody but superusers while it is moved, and opens it again."""

from __future__ import annotations

import json

from gates.move.journal import write_synced
from gates.move.place import APPLICATION, Deadline, Place, StepFailedError, identifier

_LIMIT = "connections.json"


def close(place: Place, deadline: Deadline) -> dict[str, str]:
    """Let no new session in, and end those that are there, but ours.

    The limit of sessions that the database had is kept beside the journal, before it is changed.
    """
    kept = place.folder / _LIMIT
    with place.session(deadline, "postgres") as connection:
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
