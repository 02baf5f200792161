"""Where a move happens: the server, the database, the folder of the run, and how they are reached.

Every session has the same settings, so that a row has one text; and none waits longer than the
step that it belongs to.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.database.server.driver import connect, psycopg_modules
from gates.errors import CouldNotCheckError, DatabaseUnavailableError
from gates.records import dataclass, field

if TYPE_CHECKING:
    import psycopg

    from gates.toolchains.processes import Ran

PINNED = {
    "extra_float_digits": "1",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "search_path": "pg_catalog",
    "row_security": "off",
    "default_transaction_read_only": "off",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "session_replication_role": "origin",
    "jit": "off",
}
"""Settings that decide the text of a row, with others of which it has another checksum; and those
by which a server, a database or a role would end a session that waits for pg_dump."""
APPLICATION = "axon-gates migration"
_NO_TRANSACTION_TIMEOUT = (
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"
)
"""PostgreSQL has it since 17, and no earlier one takes it as an option."""


class StepFailedError(CouldNotCheckError):
    """A step did not do what it should; the message says why."""

    exit_code = 1


class LimitError(StepFailedError):
    """A step took longer than its plan allows, and was stopped."""


@dataclass(frozen=True)
class Deadline:
    """When a step has to be over: `limit` seconds from its start, by the monotonic clock."""

    limit: float
    started: float

    @classmethod
    def of(cls, limit: float) -> Deadline:
        """One that begins now."""
        return cls(limit, time.monotonic())

    def left(self) -> float:
        """Seconds that are left. Raises `LimitError` where none are."""
        if (left := self.started + self.limit - time.monotonic()) <= 0:
            raise LimitError(f"it took longer than its limit of {self.limit:g} s and was stopped")
        return left


@dataclass(frozen=True)
class Place:
    """The server's URL (of a superuser), the name of the database, and the folder of the run."""

    url: str
    database: str
    folder: Path
    programs: Path
    """The folder of pg_dump and the others."""
    jobs: int = 2
    lock_timeout: float = 10.0
    """Seconds that a statement waits for a lock before it names who holds it."""
    modules: Path | None = None
    """Where each module's folder is, with its migrations."""
    approver: str = ""
    """Who approved the versions that need it, by the plan."""
    releases: Callable[[psycopg.Connection], object] | None = None
    """Fills a new catalog with what is released."""
    second: Callable[[], contextlib.AbstractContextManager[str]] | None = None
    """Starts an empty second server, on which a backup has to come up, too; gives its URL."""
    options: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""
    """Which database of which server this is, for the journal; "" for copies in rehearsals."""

    @property
    def backup(self) -> Path:
        """The folder of the backup: `dump`, `globals.sql`, `state.json`."""
        return self.folder / "backup"

    @contextlib.contextmanager
    def session(
        self, deadline: Deadline, database: str | None = None, **settings: str
    ) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A session in autocommit mode with the pinned settings and the step's limit.

        A statement that runs into the limit, or into a lock, raises `StepFailedError` with who
        holds it.
        """
        psycopg = psycopg_modules()
        lock = min(self.lock_timeout, deadline.left())
        given = PINNED | {"lock_timeout": f"{int(lock * 1000)}ms"} | settings
        connection = connect(
            self.url, timeout=max(1.0, deadline.left()), database=database or self.database,
            settings=given,
        )  # fmt: skip
        try:
            connection.execute("SELECT set_config('application_name', %s, false)", (APPLICATION,))
            connection.execute(_NO_TRANSACTION_TIMEOUT)
            yield connection
        except psycopg.errors.LockNotAvailable as error:
            raise StepFailedError(f"{_first(error)}: {self.holders(database)}") from error
        except psycopg.errors.QueryCanceled as error:
            deadline.left()
            raise StepFailedError(_first(error)) from error
        except psycopg.errors.DiskFull as error:
            raise StepFailedError(f"the disk is full: {_first(error)}") from error
        except psycopg.OperationalError as error:
            raise StepFailedError(f"the server ended the session: {_first(error)}") from error
        except psycopg.Error as error:
            raise StepFailedError(_first(error)) from error
        finally:
            connection.close()

    def holders(self, database: str | None = None) -> str:
        """Who else is in the database with locks on tables: process, program and since when."""
        try:
            with connect(self.url, timeout=5.0, database="postgres") as other:
                rows = other.execute(
                    "SELECT DISTINCT a.pid, a.usename, coalesce(nullif(a.application_name, ''),"
                    " 'no name'), date_trunc('second', now() - a.xact_start)::text"
                    " FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid"
                    " WHERE a.datname = %s AND l.locktype = 'relation' AND l.granted"
                    " AND l.mode <> 'AccessShareLock' AND a.application_name <> %s ORDER BY 1",
                    (database or self.database, APPLICATION),
                ).fetchall()
        except (DatabaseUnavailableError, psycopg_modules().Error):
            return "who holds the lock cannot be told"
        if not rows:
            return "whoever held the lock is gone"
        shown = ", ".join(
            f"process {pid} ({who}, {what}, for {age})" for pid, who, what, age in rows
        )
        return f"held by {shown}"

    def program(
        self, name: str, arguments: Sequence[str], deadline: Deadline, database: str = ""
    ) -> Ran:
        """Run one of PostgreSQL's programs. Raises `StepFailedError` unless it exits with 0."""
        return self.command([str(self.programs / name), *arguments], deadline, database)

    def command(self, command: Sequence[str], deadline: Deadline, database: str = "") -> Ran:
        """Run a program of the plan, which finds the database in libpq's own variables."""
        from gates.toolchains.processes import Processes

        ran = Processes().run(
            command, cwd=self.folder, env=self._environment(database or self.database),
            timeout=deadline.left(),
        )  # fmt: skip
        if ran.exit_status:
            reason = ran.end() or f"exit status {ran.exit_status}"
            if ran.exit_status == 128 + 25:  # SIGXFSZ
                reason = "File too large: the disk is full, or a limit of file sizes is met"
            raise StepFailedError(f"{ran.program} failed: {reason}")
        return ran

    def _environment(self, database: str) -> dict[str, str]:
        parts = psycopg_modules().conninfo.conninfo_to_dict(self.url)
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
                 "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
        given = {names[key]: str(value) for key, value in parts.items() if key in names}
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        return (
            kept | {"LC_ALL": "C", "TZ": "UTC"} | given
            | {"PGDATABASE": database, "PGAPPNAME": APPLICATION, "PGOPTIONS": self._options()}
        )  # fmt: skip

    def _options(self) -> str:
        """What holds for programs, too: a server that is read-only for its applications is none for
        the move and the way back."""
        lock = f"-c lock_timeout={int(self.lock_timeout * 1000)}ms"
        return f"{lock} -c default_transaction_read_only=off"


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it, where no parameter may stand."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _first(error: Exception) -> str:
    diag = getattr(error, "diag", None)
    primary = getattr(diag, "message_primary", None) or str(error).strip()
    where = getattr(diag, "table_name", None)
    detail = getattr(diag, "message_detail", None)
    shown = f"{primary}{f' ({where})' if where else ''}"
    return f"{shown}: {detail}"[:500] if detail else shown[:500]
