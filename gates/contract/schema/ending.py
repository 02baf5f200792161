"""How a script ends: with what it gives, refused, or not at all, which says nothing of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.server.driver import TimeLimitError, Watch
from gates.database.server.workspace import Role
from gates.errors import CouldNotCheckError
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

Side = Callable[[Role], "Session"]
"""A database: the session of each role."""
_GAVE_UP = ("08", "40", "53", "55P03", "57", "58")
"""How the SQLSTATE of an error begins that says nothing of a statement: the server, or the limit of
time, has ended it (PostgreSQL, "Error Codes")."""
_BUILT_IN = 16_384
"""Smaller oids are the same in each database (PostgreSQL, "OID Assignment")."""
_SLACK = 1.0
"""Seconds after the server's own limit, which ends a statement and no session."""


@contextlib.contextmanager
def limited(side: Side, role: Role, seconds: float) -> Iterator[None]:
    """Ends what a role's session runs in the block when its time is over, and the session with it
    where triggers or functions go on; raises `CouldNotCheckError` then."""

    def terminate(process: int) -> None:
        side("admin").execute("SELECT pg_terminate_backend(%s)", (process,))

    session = side(role)
    need_answers(session)
    try:
        with Watch(session, terminate) as watch, watch.limit(seconds + _SLACK):
            yield
    except TimeLimitError as error:
        raise CouldNotCheckError(
            "what shows a change of the database does not end: a trigger or a function of the"
            f" module goes on after {seconds:g} s",
            hint="leave query_canceled (57014) unhandled, and do not wait in triggers",
        ) from error


@dataclass(frozen=True)
class Refused:
    """The end of a script that was refused."""

    by: str = ""
    """The column or constraint that the server names."""


def ended(session: Session, script: Sequence[str]) -> object:
    """What the last statement of a script gave, with its columns, or `Refused`; everything is
    undone. Raises `CouldNotCheckError` as `refused_by`."""
    import psycopg

    try:
        with session.transaction(force_rollback=True):
            session.execute("SET LOCAL search_path = public")
            cursor = None
            for each in script:
                cursor = session.execute(each.encode())
            return _given(session, cursor) if cursor else None
    except psycopg.Error as error:
        return refused_by(error)


def refused_by(error: psycopg.Error) -> Refused:
    """What a statement was refused for. Raises `CouldNotCheckError` where it was not: no rule
    stands against it, and on another day it may run."""
    import psycopg

    state = error.sqlstate or ""
    if state.startswith(_GAVE_UP) or (not state and isinstance(error, psycopg.OperationalError)):
        raise CouldNotCheckError(
            "the two databases could not be compared: the server has not ended a statement"
            f" ({state or 'no connection'}: {str(error).strip()[:200]})",
            hint="run it again; see the server's log",
        )
    return Refused(error.diag.constraint_name or error.diag.column_name or "")


def need_answers(session: Session) -> None:
    """Raise `CouldNotCheckError` where a session has ended: that it gives nothing shows nothing."""
    if session.closed:
        raise CouldNotCheckError(
            "the two databases could not be compared: the connection to the server was lost",
            hint="run it again; see the server's log",
        )


def _given(session: Session, cursor: psycopg.Cursor[tuple[Any, ...]]) -> object:
    if cursor.description is None:
        return cursor.rowcount
    rows = cursor.fetchall()
    columns = [
        (each.name, each.type_code, each.precision, each.scale, each.internal_size)
        for each in cursor.description
    ]
    return [(name, *_type(session, oid), *sizes) for name, oid, *sizes in columns], rows


def _type(session: Session, oid: int) -> Iterator[object]:
    if oid < _BUILT_IN:
        yield oid
        return
    yield from (
        session.execute("SELECT oid::regtype::text FROM pg_type WHERE oid = %s", (oid,)).fetchone()
        or ()
    )
