"""psycopg, imported late, with time limits and with our errors."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from gates.errors import DatabaseUnavailableError, ToolMissingError

if TYPE_CHECKING:
    import psycopg as _psycopg

_INSTALL = "pip install 'axon-gates[database]'"
CANCEL_GRACE = 5.0
"""Seconds that a cancel request may take, and then the session to react to it."""


def psycopg_modules() -> ModuleType:
    """The module psycopg. Raises `ToolMissingError` where it is not installed, or does not load."""
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "psycopg":
            raise ToolMissingError("psycopg is not installed", hint=_INSTALL) from error
        reason = " ".join(str(error).split())
        raise ToolMissingError(
            f"psycopg is installed, but does not load: {reason}",
            hint=f"{_INSTALL} --force-reinstall",
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
    """Run one statement with a limit; see `Watch.run`."""
    with Watch(connection, terminate) as watch:
        return watch.run(statement, seconds)


class Watch:
    """Runs statements of one session with limits that the statements themselves cannot lift.

    `SET statement_timeout` in a script would lift the server's own limit, so this one is kept on
    our side, by a thread that wakes only when a limit may be over: first a cancel request, then
    `terminate(process id)`. Used from one thread.
    """

    def __init__(
        self,
        connection: _psycopg.Connection[tuple[Any, ...]],
        terminate: Callable[[int], None],
    ) -> None:
        self._connection = connection
        self._terminate = terminate
        self._process = connection.info.backend_pid
        self._change = threading.Condition()
        self._until: float | None = None
        self._wakes = math.inf
        self._expired = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        with self._change:
            self._closed = True
            self._change.notify()

    def run(self, statement: str, seconds: float) -> _psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement. Raises `TimeLimitError` or what psycopg raises."""
        self._begin(seconds)
        try:
            cursor = self._connection.execute(statement)
        except psycopg_modules().Error as error:
            if self._end():
                raise TimeLimitError(seconds) from error
            raise
        if self._end():
            raise TimeLimitError(seconds)
        return cursor

    @contextlib.contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """The same for all that the session runs in the block. Raises `TimeLimitError`, also where
        the block has gone on from the error of a statement that was stopped."""
        self._begin(seconds)
        stopped: BaseException | None = None
        try:
            yield
        except psycopg_modules().Error as error:
            stopped = error
        finally:
            expired = self._end()
        if expired:
            raise TimeLimitError(seconds) from stopped
        if stopped is not None:
            raise stopped

    def _begin(self, seconds: float) -> None:
        with self._change:
            self._until = time.monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._guard, daemon=True)
                self._thread.start()
            elif self._until < self._wakes:
                self._change.notify()

    def _end(self) -> bool:
        """Whether the limit was met; the cancel request is over by then."""
        with self._change:
            self._until = None
            expired, self._expired = self._expired, False
            return expired

    def _guard(self) -> None:
        with self._change:
            while not self._closed:
                now = time.monotonic()
                if self._until is None or self._until > now:
                    self._wakes = math.inf if self._until is None else self._until
                    self._change.wait(None if self._until is None else self._until - now)
                    continue
                self._until = None if self._expired else time.monotonic() + 2 * CANCEL_GRACE
                with contextlib.suppress(psycopg_modules().Error):  # the session is gone already
                    if self._expired:
                        self._terminate(self._process)
                    else:
                        self._expired = True
                        self._connection.cancel_safe(timeout=CANCEL_GRACE)


class TimeLimitError(Exception):
    """A statement was stopped because it took longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took longer than {seconds:g} s and was stopped")
        self.seconds = seconds
