"""Module code is run with a limit that it cannot lift or swallow.

A function may handle `query_canceled` and go on: the server's own limit ends a statement once, and
so does a request to cancel. Then the session is ended, and the function named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.database.server.driver import TimeLimitError, Watch
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

    from gates.database.proofs.tenants.tenants import Tenants

_SLACK = 1.0
"""Seconds after the server's own limit before the statement counts as going on without end."""


class EndlessError(CouldNotCheckError):
    """What was called went on after its time limit; its session is gone."""

    def __init__(self, label: str, seconds: float) -> None:
        super().__init__(
            f"{label} does not end: it went on after its time limit of {seconds:g} s, and the"
            " request to stop it had no effect",
            hint="leave query_canceled (57014) unhandled in the functions that it runs",
        )


def run(
    tenants: Tenants, session: psycopg.Connection[tuple[Any, ...]], label: str, statement: str
) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run a statement that calls module code, called `label` in messages.

    Raises `EndlessError`, or what psycopg raises; sessions that were ended are opened again.
    """
    platform = tenants.maker.platform

    def terminate(process: int) -> None:
        platform.execute("SELECT pg_terminate_backend(%s)", (process,))

    try:
        with Watch(session, terminate) as watch:
            return watch.run(statement, tenants.limit + _SLACK)
    except TimeLimitError as error:
        if session.closed:
            if session is tenants.app:
                tenants.app = tenants.another()
            elif session is tenants.bare:
                tenants.bare = tenants.another()
        raise EndlessError(label, tenants.limit) from error
