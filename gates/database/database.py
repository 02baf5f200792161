"""Proofs on a real PostgreSQL: what a check may ask of a database.

Everything is prepared late and once: a server, a database with the platform's baseline, a database
with the module's migrations on top. A proof works on a clone of one of the two, so that no proof
sees what another one did, and several may run at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from gates.database.catalog_state.tables import Table
from gates.database.locate import place_of
from gates.database.prepared.databases import (
    HELP,
    Applied,
    Clone,
    MigrationsDoNotApplyError,
    Prepared,
    State,
)
from gates.database.prepared.scratch import Scratch
from gates.database.server.workspace import Workspace
from gates.database.tenant_session import Sessions
from gates.model import Location, LockSpan, RanRecord
from gates.module import Module
from gates.module.sample_values import SampleValues, sample_values
from gates.settings import Policy, Settings

T = TypeVar("T")


class Database:
    """What a check asks. `records` are of the proofs that went through this object."""

    def __init__(self, prepared: Prepared, locks: list[LockSpan] | None = None) -> None:
        self._prepared = prepared
        self.records: list[RanRecord] = []
        self.locks: list[LockSpan] = [] if locks is None else locks
        """What the lock proof measured, for reports; shared by all views."""
        self.caveat: MigrationsDoNotApplyError | None = None
        """Why what was looked at is not all that there is to look at."""

    @classmethod
    def open(cls, module: Module, policy: Policy, settings: Settings) -> Database:
        """Ready to be asked; the server starts with the first question."""
        return cls(Prepared(module, policy, settings))

    def view(self) -> Database:
        """The same databases with records of its own: one for each check."""
        return Database(self._prepared, self.locks)

    def close(self) -> None:
        """Stop the server, or drop what was made on a server by URL; for all views."""
        self._prepared.close()

    def cancel(self) -> None:
        """End every statement that runs, from any thread; nothing new starts."""
        self._prepared.cancel()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def server_version(self) -> str | None:
        """The server's version, once it has been asked for something."""
        return self._prepared.server_version

    @property
    def limit(self) -> float:
        """Seconds that one statement of a module may take."""
        return self._prepared.limit

    @property
    def workspace(self) -> Workspace:
        """This run's databases and roles."""
        return self._prepared.workspace

    @property
    def applied(self) -> Applied:
        """The migrated module. Raises `MigrationsDoNotApplyError` where a migration fails."""
        return self._prepared.applied

    @property
    def attempt(self) -> Applied:
        """Like `applied`, also where a migration failed: what was there by then."""
        return self._prepared.attempt

    @property
    def in_use(self) -> Applied:
        """Like `applied`, after the functions that make objects were called. Where a statement of
        the migrations fails: what the others made, and `caveat` says so."""
        module = self._prepared.in_use
        if not module.complete:
            why = self._prepared.why_incomplete()
            self.caveat = MigrationsDoNotApplyError(why, hint=HELP)
        return module

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What several checks ask for, made by the first of them."""
        return self._prepared.once(key, make)

    @property
    def sessions(self) -> Sessions:
        """How a session becomes a tenant, by policy."""
        return Sessions(self._prepared.policy.session)

    @property
    def policy_shapes(self) -> tuple[str, ...]:
        """The organisation's shapes of permissive policies, beside the built-in ones."""
        return self._prepared.policy.policy_shapes

    @property
    def salt(self) -> str:
        """Of the module's content and this run: what made-up ids and values are derived from."""
        return f"{self._prepared.module.digest} {self.workspace.prefix}"

    @property
    def sample_values(self) -> SampleValues:
        """Values that the module offers for its columns. Raises `CouldNotCheckError` where they
        cannot be read."""
        return self.once("sample values", lambda: sample_values(self._prepared.module))

    @property
    def platform_tables(self) -> frozenset[str]:
        """The quoted names of the tables that the baseline has."""
        return self._prepared.platform_tables

    @property
    def scripts(self) -> list[tuple[str, str]]:
        """Path and text of each migration, in order."""
        return self._prepared.scripts

    @property
    def hooks(self) -> list[tuple[str, str]]:
        """Path and text of what an upgrade runs before and after the migrations."""
        return self._prepared.hooks

    def clone(self, state: State = "applied") -> AbstractContextManager[Clone]:
        """A fresh copy of the platform, of the migrated module, or of the module in use."""
        return self._prepared.clone(state)

    def scratch(self, state: State = "applied") -> AbstractContextManager[Scratch]:
        """A fresh copy with lasting sessions, to run scripts in and to describe."""
        return self._prepared.scratch(state)

    def place(self, table: Table) -> Location:
        """Where a migration creates a table, with the table as the object."""
        return place_of(self._prepared.module, table.name, table.label)

    def record(self, name: str, subjects: int, seconds: float = 0.0, detail: str = "") -> None:
        """Note that a proof ran: over how many tables, files or statements."""
        version = f"PostgreSQL {self.server_version}" if self.server_version else ""
        self.records.append(RanRecord(name, version, None, subjects, round(seconds, 3), detail))

    @contextmanager
    def proof(self, name: str, subjects: int, detail: str = "") -> Iterator[None]:
        """Time a proof, and record it unless it raises."""
        started = time.perf_counter()
        yield
        self.record(name, subjects, time.perf_counter() - started, detail)

    def tables(self, proof: str) -> tuple[Table, ...]:
        """The tables of the module in use, recorded as looked at by a proof; none, and no server,
        for a module without migrations."""
        if not self.scripts:
            self.record(proof, 0, detail="the module has no migrations")
            return ()
        tables = self.in_use.tables
        self.record(proof, len(tables), detail="tables")
        return tables
