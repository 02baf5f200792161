"""What all proofs of a run stand on: a server, the platform's baseline, the migrated module."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gates.database import baseline
from gates.database.catalog_state.facts import Facts, Grant, read_facts
from gates.database.catalog_state.snapshot import Snapshot, snapshot
from gates.database.catalog_state.tables import Table, read_tables
from gates.database.parsing.script import parse
from gates.database.prepared.platform_rights import (
    create_extensions,
    extensions_of,
    let_owner_in,
)
from gates.database.prepared.run_time import Maker, call_makers, read_makers
from gates.database.prepared.scratch import OWNER_SHOWN, Scratch
from gates.database.runner import ScriptRun, run_script
from gates.database.server.embedded import throwaway_server
from gates.database.server.workspace import Role, Workspace
from gates.errors import CouldNotCheckError, DatabaseUnavailableError
from gates.module import Module
from gates.records import dataclass, replace
from gates.settings import Policy, Settings
from gates.workers import alone

if TYPE_CHECKING:
    import psycopg


T = TypeVar("T")
State = Literal["baseline", "applied", "in use"]
"""The platform without the module, the migrated module, or the module after the functions that make
objects were called."""


class MigrationsDoNotApplyError(CouldNotCheckError):
    """There is no migrated database to look at; `migrations-apply` says why."""


HELP = "gates explain migrations-apply"


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


@dataclass(frozen=True)
class Applied:
    """What the migrations made of a fresh platform."""

    runs: tuple[ScriptRun, ...]
    tables: tuple[Table, ...]
    """The module's own, by name, partitions included."""
    all_tables: dict[int, Table]
    """The platform's too, by oid."""
    facts: Facts
    states: tuple[Snapshot, ...]
    """The platform before the module, then after each migration that was run (and, for a module in
    use, after its functions were called)."""
    makers: tuple[Maker, ...] = ()
    """The module's functions that make or change objects."""
    complete: bool = True
    """Whether every statement of every migration ran."""

    @property
    def snapshot(self) -> Snapshot:
        """The schema after the last migration."""
        return self.states[-1]


class Prepared:
    """Everything that is made once per run, when it is first asked for. Safe to share by threads.

    Whatever needs the server raises `DatabaseUnavailableError` where there is none.
    """

    def __init__(self, module: Module, policy: Policy, settings: Settings) -> None:
        self.module = module
        self.policy = policy
        self.settings = settings
        self._lock = threading.RLock()
        self._stack = contextlib.ExitStack()
        self._closed = False
        self._unavailable: DatabaseUnavailableError | None = None
        self._made: dict[str, Any] = {}

    def close(self) -> None:
        """Stop the server, or drop what was made on a server by URL."""
        with alone(self._lock):
            self._closed = True
            self._stack.close()

    def cancel(self) -> None:
        """End every session, so that whoever waits for one goes on; nothing starts any more."""
        self._closed = True
        workspace = self.__dict__.get("_workspace")
        if workspace is not None:
            workspace.terminate_all()

    @property
    def limit(self) -> float:
        """Seconds that one statement may take."""
        return self.policy.statement_timeout

    @property
    def server_version(self) -> str | None:
        """The server's version, once it is known."""
        workspace = self.__dict__.get("_workspace")
        return workspace.version if workspace is not None else None

    @property
    def workspace(self) -> Workspace:
        """This run's databases and roles."""
        with alone(self._lock):
            if self._closed:
                raise DatabaseUnavailableError("the run was interrupted")
            if self._unavailable is not None:
                raise self._unavailable
            try:
                return self._workspace
            except DatabaseUnavailableError as error:
                # A server that never answers costs its time limit once, not for each check.
                self._unavailable = error
                raise

    @cached_property
    def _workspace(self) -> Workspace:
        url = self.settings.database_url
        own = url is None
        if url is None:
            url = self._stack.enter_context(throwaway_server(self.settings))
        workspace = Workspace(url, throwaway=own, timeout=max(self.limit, 1.0))
        self._stack.callback(workspace.close)
        return workspace

    @cached_property
    def _baseline(self) -> tuple[str, Snapshot, frozenset[str], frozenset[Grant]]:
        """The name of the database with the platform's baseline, its snapshot and its tables, and
        the default privileges of what the module will make."""
        workspace = self.workspace
        clone = Clone(workspace.create("baseline"), workspace)
        with clone.connect(search_path="public") as connection:
            for file in baseline.files(self.policy):
                run = run_script(
                    connection, workspace, file.name, self._ready(connection, file),
                    limit=self.limit,
                )  # fmt: skip
                if run.failure:
                    raise CouldNotCheckError(
                        f"the platform baseline does not apply: {run.failure.location}:"
                        f" {run.failure.message}",
                        hint="correct database.baseline in gates-policy.toml",
                    )
            let_owner_in(connection, workspace.owner)
            wanted = extensions_of(self.module, self.policy.extensions)
            create_extensions(connection, wanted)
            tables = frozenset(table.qualified for table in read_tables(connection).values())
            taken = snapshot(connection, {workspace.owner: OWNER_SHOWN})
            defaults = frozenset(read_facts(connection, workspace.owner).grants)
        return clone.name, taken, tables, defaults

    def _ready(self, connection: psycopg.Connection[tuple[Any, ...]], file: Path) -> str:
        """A file of the baseline as this server can run it. Roles that it names are made on a
        server of our own; on another they must be there."""
        script = parse(file.name, baseline.read(file))
        settings = {row[0] for row in connection.execute("SELECT lower(name) FROM pg_settings")}
        there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        wanted = baseline.roles_of(script) - there
        if self.workspace.throwaway:
            self.workspace.make_roles(wanted)
        else:
            baseline.refuse_without(wanted)
        return baseline.without(script, settings=settings, owners=self.workspace.superuser)

    @property
    def applied(self) -> Applied:
        """The migrated module. Raises `MigrationsDoNotApplyError` where a migration fails."""
        with alone(self._lock):
            applied = self._attempt[1]
        if not applied.complete:
            message = f"{self.why_incomplete()}, so there is nothing to look at"
            raise MigrationsDoNotApplyError(message, hint=HELP)
        return applied

    def why_incomplete(self) -> str:
        """Which statement of the migrations fails first, and why; "" where all of them run."""
        with alone(self._lock):
            runs = self._attempt[1].runs
        failed = next((run.failure for run in runs if run.failure), None)
        return (
            f"the migrations do not apply ({failed.location}: {failed.message})" if failed else ""
        )

    @property
    def attempt(self) -> Applied:
        """Like `applied`, also where a statement failed: what all the others made."""
        with alone(self._lock):
            complete = self._attempt[1]
            return complete if complete.complete else self._incomplete[1]

    @cached_property
    def _attempt(self) -> tuple[str, Applied]:
        return self._migrated(go_on=False)

    @cached_property
    def _incomplete(self) -> tuple[str, Applied]:
        return self._migrated(go_on=True)

    def _migrated(self, *, go_on: bool) -> tuple[str, Applied]:
        base, before, known, _ = self._baseline
        states, runs = [before], []
        with self._scratch(self.workspace.create("applied", base)) as scratch:
            for run in scratch.run_all(self.scripts, go_on=go_on):
                runs.append(run)
                states.append(scratch.snapshot())
            admin = scratch.session("admin")
            everything, facts = read_tables(admin), self._facts(admin)
            makers = read_makers(admin, self.workspace.owner)
        own = tuple(table for table in everything.values() if table.qualified not in known)
        complete = all(run.failure is None for run in runs)
        applied = Applied(tuple(runs), own, everything, facts, tuple(states), makers, complete)
        return scratch.name, applied

    def _facts(self, admin: psycopg.Connection[tuple[Any, ...]]) -> Facts:
        """What the catalog says, without the default privileges that the platform has given."""
        facts = read_facts(admin, self.workspace.owner)
        given = self._baseline[3]
        return replace(facts, grants=tuple(each for each in facts.grants if each not in given))

    @property
    def in_use(self) -> Applied:
        """Like `attempt`, after the functions that make objects were called."""
        applied = self.attempt
        with alone(self._lock):
            return self._in_use[1] if applied.makers else applied

    @cached_property
    def _in_use(self) -> tuple[str, Applied]:
        applied = self.attempt
        template = self._attempt[0] if applied.complete else self._incomplete[0]
        with self._scratch(self.workspace.create("in_use", template)) as scratch:
            makers = call_makers(scratch, applied.makers, applied.tables, self.module.table_prefix)
            admin = scratch.session("admin")
            everything, facts = read_tables(admin), self._facts(admin)
            states = (*applied.states, scratch.snapshot())
        own = tuple(t for t in everything.values() if t.qualified not in self._baseline[2])
        return scratch.name, replace(
            applied, tables=own, all_tables=everything, facts=facts, states=states, makers=makers
        )

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What several checks ask for, made by the first of them."""
        with alone(self._lock):
            if key not in self._made:
                self._made[key] = make()
            made: T = self._made[key]
            return made

    @property
    def platform_tables(self) -> frozenset[str]:
        """The quoted names of the tables that the baseline has."""
        with alone(self._lock):
            return self._baseline[2]

    @property
    def scripts(self) -> list[tuple[str, str]]:
        """Path and text of each migration, in order."""
        return [(each.path, each.sql) for each in self.module.migrations]

    @property
    def hooks(self) -> list[tuple[str, str]]:
        """Path and text of what an upgrade runs before and after the migrations."""
        named = self.module.hooks
        paths = [named[each] for each in ("pre_upgrade", "post_upgrade") if each in named]
        return [(path, self.module.text(path)) for path in paths]

    @contextlib.contextmanager
    def clone(self, state: State = "applied") -> Iterator[Clone]:
        """A fresh copy of a database."""
        with alone(self._lock):
            if state == "baseline":
                template = self._baseline[0]
            elif state == "applied":
                _ = self.applied
                template = self._attempt[0]
            elif self.attempt.makers:
                template = self._in_use[0]
            else:
                template = self._attempt[0] if self.attempt.complete else self._incomplete[0]
            clone = Clone(self.workspace.create("proof", template), self.workspace)
        # Module code may lift the limits of its own session; a proof ends all the same.
        end = threading.Timer(20 * self.limit, self._workspace.terminate_all, (clone.name,))
        end.daemon = True
        end.start()
        try:
            yield clone
        finally:
            end.cancel()
            self._workspace.drop(clone.name)

    @contextlib.contextmanager
    def scratch(self, state: State = "applied") -> Iterator[Scratch]:
        """A fresh copy with lasting sessions."""
        with self.clone(state) as clone, self._scratch(clone.name) as scratch:
            yield scratch

    @contextlib.contextmanager
    def _scratch(self, name: str) -> Iterator[Scratch]:
        scratch = Scratch(name, self.workspace, self.limit, self.policy.migration_timeout)
        try:
            yield scratch
        finally:
            scratch.close()
