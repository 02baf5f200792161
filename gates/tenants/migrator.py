"""Runs a module's SQL in the platform's database, as the migration role and nobody else.

The session logs in as a role of its own, which can become the migration role and has no other
right: whatever a file says, RESET ROLE leads to nothing.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gates.database.runner import Failure, run_script
from gates.database.server.driver import connect, psycopg_modules
from gates.errors import CouldNotCheckError
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

ROLE = "gates_migrator"
STATEMENT_SECONDS = 600.0
"""What one statement of a file may take, unless the file says less."""
_PREFIX = "gates_migration_"


@dataclass(frozen=True)
class Migrator:
    """Sessions of the migration role. Used from one thread."""

    control: Session
    url: str
    login: str
    """The name of the role to log in as; "" is that of the URL."""
    password: str
    limit: float = STATEMENT_SECONDS

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, control: Session, url: str, limit: float = STATEMENT_SECONDS
    ) -> Iterator[Migrator]:
        """Make the login, for as long as the block lasts; `control` is a session of the catalog.

        A login that may not make roles is used itself, where it is no superuser and may become the
        migration role. Raises `CouldNotCheckError` where there is no such way.
        """
        ((bypasses,),) = control.execute(
            "SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", (ROLE,)
        ).fetchall()
        if not bypasses:
            raise CouldNotCheckError(
                f"the role {ROLE} does not bypass row level security, so migrations would not see"
                " the rows that they have to change",
                hint=f"as a superuser: ALTER ROLE {ROLE} BYPASSRLS",
            )
        ((makes_roles,),) = control.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = session_user"
        ).fetchall()
        if not makes_roles:
            yield cls(control, url, "", "", limit)
            return
        _sweep(control)
        login, password = f"{_PREFIX}{secrets.token_hex(6)}", secrets.token_urlsafe(24)
        _make(control, login, password)
        try:
            yield cls(control, url, login, password, limit)
        finally:
            _drop(control, login)

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A new session in autocommit mode, closed at the end."""
        as_login = {"user": self.login, "password": self.password} if self.login else {}
        session = connect(self.url, timeout=self.limit, settings={"role": ROLE}, **as_login)
        with contextlib.closing(session):
            yield session

    def run(self, slug: str, path: str, sql: str) -> Failure | None:
        """Run one file, after whatever an earlier run of the module still does; why it failed."""
        with self.session() as session:
            session.execute("SELECT pg_advisory_lock(hashtextextended(%s, 3))", (slug,))
            return run_script(session, self, path, sql, limit=self.limit).failure

    def terminate(self, process: int) -> None:
        """End a session that does not react to a cancel request."""
        self.control.execute("SELECT pg_terminate_backend(%s)", (process,))


def _make(control: Session, login: str, password: str) -> None:
    from psycopg import sql

    # Only its digest is sent: a server may log statements.
    digest = control.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    ).decode()
    control.execute(
        sql.SQL(
            "CREATE ROLE {} LOGIN NOINHERIT PASSWORD {} VALID UNTIL {} CONNECTION LIMIT 4"
            " IN ROLE {}"
        ).format(
            sql.Identifier(login),
            sql.Literal(digest),
            sql.Literal(_tomorrow(control)),
            sql.Identifier(ROLE),
        )
    )


def _tomorrow(control: Session) -> str:
    ((found,),) = control.execute("SELECT (now() + interval '1 day')::text").fetchall()
    return str(found)


def _drop(control: Session, login: str) -> None:
    from psycopg import sql

    with contextlib.suppress(psycopg_modules().Error):  # swept by a later run
        control.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


def _sweep(control: Session) -> None:
    """Drop what killed runs left and nobody uses."""
    rows = control.execute(
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) AND rolvaliduntil < now()"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = rolname)",
        (_PREFIX,),
    )
    for (login,) in rows.fetchall():
        _drop(control, login)
