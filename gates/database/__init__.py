"""Proofs on a real PostgreSQL: what a check may ask of a database.

`Database` prepares everything late and once: a server, a database with the platform's baseline, a
database with the module's migrations on top. A proof works on a clone of one of the two, so that no
proof sees what another one did, and several may run at the same time.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.database.places import place_of
from gates.database.runner import ScriptRun, run_script, run_scripts
from gates.database.server import durable_server, throwaway_server
from gates.database.snapshot import Snapshot, diff, digests, snapshot
from gates.database.tables import Table, read_tables
from gates.database.workspace import Role, Workspace
from gates.errors import CouldNotCheckError, DatabaseUnavailableError
from gates.model import Location, RanRecord
from gates.module import Module
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "Applied",
    "Clone",
    "Database",
    "MigrationsDoNotApplyError",
    "diff",
    "durable_server",
    "throwaway_server",
]

OWNER_SHOWN = "module_owner"
"""What a run's own owner role is called in snapshots and messages."""

_BASELINE = Path(__file__).parent / "baseline"


class MigrationsDoNotApplyError(CouldNotCheckError):
    """There is no migrated database to look at; `migrations-apply` says why."""


@dataclass(frozen=True)
class Clone:
    """A database of its own for one proof."""

    name: str
    workspace: Workspace

    @contextlib.contextmanager
    def connect(
        self, role: Role = "admin", **settings: str
    ) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A new session in autocommit mode, closed at the end; see `workspace.Role`."""
        connection = self.workspace.connect(self.name, role, **settings)
        try:
            yield connection
        finally:
            connection.close()

    def snapshot(self) -> Snapshot:
        """Everything that a migration can change."""
        with self.connect() as connection:
            return snapshot(connection, {self.workspace.owner: OWNER_SHOWN})

    def digests(self) -> dict[str, str]:
        """Row count and digest of each table; raises where row security would hide rows."""
        with self.connect("owner", row_security="off") as connection:
            return digests(connection)


@dataclass(frozen=True)
class Applied:
    """What the migrations made of a fresh platform."""

    runs: tuple[ScriptRun, ...]
    tables: tuple[Table, ...]
    """The module's own, by name, partitions included."""
    all_tables: dict[int, Table]
    """The platform's too, by oid."""
    baseline: Snapshot
    snapshot: Snapshot


class Database:
    """A server with the platform's baseline and the module's migrations. Safe to share by threads.

    Everything that needs the server raises `DatabaseUnavailableError` where there is none.
    """

    def __init__(self, module: Module, policy: Policy, settings: Settings) -> None:
        self.module = module
        self.policy = policy
        self.settings = settings
        self.records: list[RanRecord] = []
        self._lock = threading.RLock()
        self._stack = contextlib.ExitStack()
        self._closed = False

    @classmethod
    def open(cls, module: Module, policy: Policy, settings: Settings) -> Database:
        """Ready to be asked; the server starts with the first question."""
        return cls(module, policy, settings)

    def close(self) -> None:
        """Stop the server, or drop what was made on a server by URL."""
        with self._lock:
            self._closed = True
            self._stack.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def limit(self) -> float:
        """Seconds that one statement may take."""
        return self.policy.statement_timeout

    def record(self, name: str, subjects: int, seconds: float = 0.0, detail: str = "") -> None:
        """Note that a proof ran: on what server, over how many tables, files or probes."""
        version = f"PostgreSQL {self.workspace.version}"
        with self._lock:
            self.records.append(RanRecord(name, version, None, subjects, round(seconds, 3), detail))

    @property
    def workspace(self) -> Workspace:
        """This run's databases and roles."""
        with self._lock:
            return self._workspace

    @cached_property
    def _workspace(self) -> Workspace:
        if self._closed:
            raise DatabaseUnavailableError("the database was closed already")
        url = self.settings.database_url
        own = url is None
        if url is None:
            url = self._stack.enter_context(throwaway_server(self.settings))
        workspace = Workspace(url, throwaway=own, timeout=max(self.limit, 1.0))
        self._stack.callback(workspace.close)
        return workspace

    @cached_property
    def _baseline(self) -> tuple[str, Snapshot, frozenset[str]]:
        """The name of the database with the platform's baseline, its snapshot and its tables."""
        workspace = self.workspace
        clone = Clone(workspace.create("baseline"), workspace)
        files = [*sorted(_BASELINE.glob("*.sql")), *self.policy.baseline]
        with clone.connect() as connection:
            for file in files:
                run = run_script(
                    connection, workspace, file.name, file.read_text("utf-8"), limit=self.limit
                )
                if run.failure:
                    raise CouldNotCheckError(
                        f"the platform baseline does not apply: {run.failure.location}:"
                        f" {run.failure.message}",
                        hint="correct database.baseline in gates-policy.toml",
                    )
            self._let_owner_in(connection)
            tables = frozenset(table.qualified for table in read_tables(connection).values())
            taken = snapshot(connection, {workspace.owner: OWNER_SHOWN})
        return clone.name, taken, tables

    def _let_owner_in(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """Give the migrations' role what it needs of the platform, and no more: to make objects,
        refer to the platform's tables, and write audit rows in a trigger's name."""
        owner = self.workspace.owner
        for statement in (
            f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
            f"GRANT SELECT, REFERENCES ON ALL TABLES IN SCHEMA public TO {owner}",
            f"GRANT INSERT ON audit_logs TO {owner}",
        ):
            connection.execute(statement)

    @property
    def applied(self) -> Applied:
        """The migrated module. Raises `MigrationsDoNotApplyError` where a migration fails."""
        applied = self.attempt
        failed = next((run.failure for run in applied.runs if run.failure), None)
        if failed:
            raise MigrationsDoNotApplyError(
                f"the migrations do not apply ({failed.location}: {failed.message}),"
                " so there is nothing to look at",
                hint="gates explain migrations-apply",
            )
        return applied

    @property
    def attempt(self) -> Applied:
        """Like `applied`, also where a migration failed: what was there by then."""
        with self._lock:
            return self._attempt[1]

    @cached_property
    def _attempt(self) -> tuple[str, Applied]:
        base, before, known = self._baseline
        clone = Clone(self.workspace.create("applied", base), self.workspace)
        with clone.connect("owner") as connection:
            runs = run_scripts(connection, self.workspace, self.scripts, limit=self.limit)
        with clone.connect() as connection:
            everything = read_tables(connection)
            taken = snapshot(connection, {self.workspace.owner: OWNER_SHOWN})
        own = tuple(table for table in everything.values() if table.qualified not in known)
        return clone.name, Applied(tuple(runs), own, everything, before, taken)

    @property
    def scripts(self) -> list[tuple[str, str]]:
        """Path and text of each migration, in order."""
        return [(each.path, each.sql) for each in self.module.migrations]

    @contextlib.contextmanager
    def clone(self, *, applied: bool = True) -> Iterator[Clone]:
        """A fresh copy of the migrated database, or of the platform without the module."""
        with self._lock:
            if applied:
                _ = self.applied
                template = self._attempt[0]
            else:
                template = self._baseline[0]
            clone = Clone(self.workspace.create("proof", template), self.workspace)
        try:
            yield clone
        finally:
            self.workspace.drop(clone.name)

    def run(self, clone: Clone, scripts: list[tuple[str, str]]) -> list[ScriptRun]:
        """Run migration scripts in a clone as the role that owns the module's objects."""
        with clone.connect("owner") as connection:
            return run_scripts(connection, self.workspace, scripts, limit=self.limit)

    def place(self, table: Table) -> Location:
        """Where a migration creates a table, with the table as the object."""
        return place_of(self.module, table.name, table.label)
