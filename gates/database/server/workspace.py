"""One run's own databases and roles on a server, ours or anybody's.

Everything that a run makes is called `gates_<8 hex digits>_...`; nothing else is ever altered or
dropped, except that the platform's four roles are made where the server lacks them. A run holds an
advisory lock for as long as it lives; what a dead run left is dropped by the next one.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from gates.database import versions
from gates.database.server.driver import connect, psycopg_modules
from gates.database.server.leftovers import (
    COMMENT,
    LOCK_CLASS,
    PLATFORM_ROLES,
    drop_platform_roles,
    drop_run,
    sweep,
)
from gates.errors import CouldNotCheckError, DatabaseUnavailableError

if TYPE_CHECKING:
    import psycopg

Role = Literal["admin", "owner", "app", "member"]
"""Who a connection is.

admin: who the URL names. owner: runs the migrations and owns what they make (no superuser, bypasses
row security, as the migration role of a platform must to fill new columns). app: a login without
rights of its own that acts as tenant_app_role. member: has the owner's rights but does not bypass
row security, so that only FORCE holds it.
"""

_SHARED_LOCK = 0x726F6C65


class Workspace:
    """The databases and roles of one run. Methods may be called from several threads."""

    def __init__(self, url: str, *, throwaway: bool, timeout: float = 60.0) -> None:
        """Connect and make the roles. `throwaway` says that the whole server goes with the run.

        Raises `DatabaseUnavailableError`: not reachable, too old, or a right is missing.
        """
        self.url = url
        self.throwaway = throwaway
        self.timeout = timeout
        self.prefix = f"gates_{secrets.token_hex(4)}"
        self._password = secrets.token_urlsafe(18)
        self._lock = threading.RLock()
        self._count = 0
        self._control = connect(url, timeout=timeout)
        try:
            self.version_number = self._control.info.server_version
            self.version = self._control.info.parameter_status("server_version") or ""
            self._may()
            self._run("SELECT pg_advisory_lock(%s, %s)", LOCK_CLASS, self._lock_number())
            self._run("SELECT pg_advisory_lock_shared(%s, %s)", LOCK_CLASS, _SHARED_LOCK)
            if not throwaway:
                sweep(self._run)
            self._make_roles()
        except BaseException:
            self._control.close()
            raise

    @property
    def owner(self) -> str:
        """The name of the role that runs the migrations."""
        return f"{self.prefix}_owner"

    def connect(
        self, database: str, role: Role = "admin", **settings: str
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """A new connection in autocommit mode; `settings` are server settings of its start.

        Raises `DatabaseUnavailableError`.
        """
        if role == "admin":
            # A module's functions and operators in public must not be what an admin's query finds.
            settings = {"search_path": "pg_catalog"} | settings
            return connect(self.url, timeout=self.timeout, database=database, settings=settings)
        if role == "app":
            # As a setting of the connection's start: RESET ROLE leads back here, not out.
            settings = {"role": "tenant_app_role"} | settings
        return connect(
            self.url,
            timeout=self.timeout,
            database=database,
            settings=settings,
            user=f"{self.prefix}_{role}",
            password=self._password,
        )

    def create(self, label: str, template: str | None = None) -> str:
        """A new database, empty or a copy of `template`; returns its name."""
        with self._lock:
            self._count += 1
            name = f"{self.prefix}_{self._count}_{label}"[:63]
            how = f"TEMPLATE {template}" if template else "TEMPLATE template0 ENCODING 'UTF8'"
            if template:
                self._wait_until_unused(template)
            if self.version_number >= versions.FILE_COPY_STRATEGY:
                how += " STRATEGY FILE_COPY"
            self._run(f"ALTER ROLE {self.owner} RESET ALL")
            self._run(f"CREATE DATABASE {name} {how}")
            self._run(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
            grantees = f"{self.owner}, {self.prefix}_app, {self.prefix}_member"
            self._run(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {grantees}")
            self._run(f"GRANT CREATE ON DATABASE {name} TO {self.owner}")
            return name

    def drop(self, name: str) -> None:
        """Drop a database of this run."""
        if not name.startswith(f"{self.prefix}_"):
            raise CouldNotCheckError(f"{name} is no database of this run")
        if not self.throwaway:
            with self._lock:
                self._wait_until_unused(name)
                self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @property
    def superuser(self) -> bool:
        """Whether the role of the URL may do everything."""
        return self._superuser

    def make_roles(self, names: Iterable[str]) -> None:
        """Make roles without rights, on a server that goes with this run."""
        from psycopg import sql

        if not self.throwaway:
            raise CouldNotCheckError("roles are made only on a server of our own")
        with self._lock:
            for name in sorted(names):
                self._control.execute(
                    sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name))
                )

    def terminate(self, process: int) -> None:
        """End a session of this run that does not react to a cancel request."""
        with self._lock:
            self._run("SELECT pg_terminate_backend(%s)", process)

    def terminate_all(self, database: str = "") -> None:
        """End every session in this run's databases, or in one, over a connection of its own."""
        errors = DatabaseUnavailableError, psycopg_modules().Error
        with contextlib.suppress(*errors), connect(self.url, timeout=5.0) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE starts_with(datname, %s)",
                (database or f"{self.prefix}_",),
            )

    def close(self) -> None:
        """Drop everything that this run made, and let go of its locks."""
        with self._lock, contextlib.suppress(psycopg_modules().Error), self._control:
            if self.throwaway:
                return
            drop_run(self._run, self.prefix)
            self._run("SELECT pg_advisory_unlock_shared(%s, %s)", LOCK_CLASS, _SHARED_LOCK)
            if self._run("SELECT pg_try_advisory_lock(%s, %s)", LOCK_CLASS, _SHARED_LOCK)[0][0]:
                drop_platform_roles(self._run)

    def _run(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        # Names in statements are ours: a fixed prefix, hex digits and labels from this package.
        cursor = self._control.execute(statement, arguments or None)
        return cursor.fetchall() if cursor.description else []

    def _lock_number(self) -> int:
        number = int(self.prefix.removeprefix("gates_"), 16)
        return number - (1 << 32) if number >= 1 << 31 else number

    def _may(self) -> None:
        if self.version_number < versions.OLDEST:
            raise DatabaseUnavailableError(
                f"the server is PostgreSQL {self.version}; proofs need 14 or later",
                hint="set GATES_DATABASE_URL to a newer server, or unset it",
            )
        ((name, superuser, create_database, create_role, bypass),) = self._run(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        )
        self._superuser = bool(superuser)
        if superuser:
            return
        rights = {"CREATEDB": create_database, "CREATEROLE": create_role, "BYPASSRLS": bypass}
        missing = [right for right, there in rights.items() if not there]
        if self.version_number < versions.CREATEROLE_GIVES_BYPASSRLS:
            missing = ["SUPERUSER"]
        if missing:
            *most, last = missing
            shown = f"{', '.join(most)} and {last}" if most else last
            raise DatabaseUnavailableError(
                f"role {name!r} of GATES_DATABASE_URL lacks {shown}: a run makes databases, roles,"
                " and one role that bypasses row security, as migrations do that fill new columns"
                + (
                    ""
                    if missing != ["SUPERUSER"]
                    else "; before PostgreSQL 16 only a superuser may"
                ),
                hint=f'ALTER ROLE "{name}" {" ".join(missing)}',
            )

    def _make_roles(self) -> None:
        """The platform's roles where they are missing, and this run's three."""
        psycopg = psycopg_modules()
        for role in PLATFORM_ROLES:
            try:
                with self._control.transaction():
                    if not self._run("SELECT FROM pg_roles WHERE rolname = %s", role):
                        self._run(f"CREATE ROLE {role} NOLOGIN NOINHERIT")
                        self._run(f"COMMENT ON ROLE {role} IS '{COMMENT}'")
            except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                continue  # another run was faster
        secret = f"LOGIN PASSWORD '{self._password}'"
        with self._control.transaction():
            self._run(f"CREATE ROLE {self.owner} {secret}")
            self._run(f"COMMENT ON ROLE {self.owner} IS '{COMMENT}'")
            self._run(f"CREATE ROLE {self.prefix}_app NOINHERIT {secret}")
            self._run(f"CREATE ROLE {self.prefix}_member {secret}")
            self._run(f"GRANT {self.owner} TO {self.prefix}_member")
            if not self._superuser:  # to end their sessions, one must be a member
                self._run(f"GRANT {self.owner}, {self.prefix}_app TO CURRENT_USER")
            self._grant_platform_roles()
            self._run(f"ALTER ROLE {self.owner} BYPASSRLS")

    def _grant_platform_roles(self) -> None:
        try:
            self._run(f"GRANT {', '.join(PLATFORM_ROLES)} TO {self.prefix}_app")
        except psycopg_modules().errors.InsufficientPrivilege as error:
            raise DatabaseUnavailableError(
                "the role of GATES_DATABASE_URL may not act as the platform's roles:"
                f" {error.diag.message_primary}",
                hint=f"GRANT {', '.join(PLATFORM_ROLES)} TO CURRENT_USER WITH ADMIN OPTION,"
                " as a superuser",
            ) from error

    def _wait_until_unused(self, template: str) -> None:
        """Wait for sessions that were just closed: PostgreSQL itself looks only every 100 ms."""
        until = time.monotonic() + 2.0
        while time.monotonic() < until and self._run(
            "SELECT FROM pg_stat_activity WHERE datname = %s", template
        ):
            time.sleep(0.002)


@contextlib.contextmanager
def closing(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, closed at the end."""
    try:
        yield workspace
    finally:
        workspace.close()
