"""psycopg, imported late, with time limits and with our errors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from gates.errors import DatabaseUnavailableError, ToolMissingError

if TYPE_CHECKING:
    import psycopg as _psycopg

CANCEL_GRACE = 5.0
"""Seconds that a session gets to react to a cancel request."""


def psycopg_modules() -> ModuleType:
    """The module psycopg. Raises `ToolMissingError` where it is not installed."""
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise ToolMissingError(
            f"the PostgreSQL driver does not load: {error}",
            hint="pip install 'axon-gates[database]'",
        ) from error
    return psycopg


def connect(
    url: str,
    *,
    timeout: float,
    database: str | None = None,
    user: str | None = None,
    password: str | None = None,
    settings: dict[str, str] | None = None,
) -> _psycopg.Connection[tuple[Any, ...]]:
    """A connection in autocommit mode, with `timeout` seconds for statements and locks.

    Raises `DatabaseUnavailableError` without the URL's password in its text.
    """
    psycopg = psycopg_modules()
    given = {"statement_timeout": f"{timeout}s", "lock_timeout": f"{timeout}s"} | (settings or {})
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
        parts.setdefault("connect_timeout", "10")
        parts["application_name"] = "axon-gates"
        parts["client_encoding"] = "UTF8"
        parts["options"] = " ".join(
            [
                parts.get("options") or "",
                *(f"-c {key}={_quoted(each)}" for key, each in given.items()),
            ]
        ).strip()
        if database is not None:
            parts["dbname"] = database
        if user is not None:
            parts |= {"user": user, "password": password}
        connection = psycopg.connect(**parts, autocommit=True)
    except psycopg.Error as error:
        place = parts_shown(url)
        who = f" as {user}" if user else ""
        raise DatabaseUnavailableError(
            f"cannot connect to {place}{who}: {str(error).strip()}",
            hint="check GATES_DATABASE_URL, or unset it to use the embedded server",
        ) from error
    connection.prepare_threshold = None
    return cast("_psycopg.Connection[tuple[Any, ...]]", connection)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def parts_shown(url: str) -> str:
    """Host, port and database of a URL: what may be shown."""
    psycopg = psycopg_modules()
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        return "the server of GATES_DATABASE_URL (it is not a connection URL)"
    host = parts.get("host") or "the local socket"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"{host}{port}, database {parts.get('dbname') or 'by default'}"


def run_within(
    connection: _psycopg.Connection[tuple[Any, ...]],
    statement: str,
    seconds: float,
    terminate: Callable[[int], None],
) -> _psycopg.Cursor[tuple[Any, ...]]:
    """Run a statement with a limit that the statement itself cannot lift.

    `SET statement_timeout` in a script would lift the server's own limit, so this one is kept on
    our side: first a cancel request, then `terminate(process id)`.
    Raises `TimeLimitError` or what psycopg raises.
    """
    psycopg = psycopg_modules()
    expired = threading.Event()
    harder = threading.Timer(CANCEL_GRACE, terminate, (connection.info.backend_pid,))

    def cancel() -> None:
        expired.set()
        harder.start()
        connection.cancel_safe(timeout=CANCEL_GRACE)

    soft = threading.Timer(seconds, cancel)
    soft.daemon = harder.daemon = True
    soft.start()
    failure: Exception | None = None
    cursor = None
    try:
        cursor = connection.execute(statement)
    except psycopg.Error as error:
        failure = error
    finally:
        soft.cancel()
        if expired.is_set():
            soft.join()
        harder.cancel()
    if expired.is_set():
        raise TimeLimitError(seconds) from failure
    if failure is not None:
        raise failure
    assert cursor is not None  # noqa: S101 - for the type checker
    return cursor


class TimeLimitError(Exception):
    """A statement was stopped because it took longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took longer than {seconds:g} s and was stopped")
        self.seconds = seconds
