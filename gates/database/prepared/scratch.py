"""One clone with lasting sessions: scripts are run in it, and it is described before and after."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.snapshot import Snapshot, digests, snapshot
from gates.database.runner import Budget, Failure, ScriptRun, run_script
from gates.database.server.workspace import Role, Workspace

if TYPE_CHECKING:
    import psycopg

OWNER_SHOWN = "module_owner"
"""What a run's own owner role is called in snapshots and messages."""


class Scratch:
    """A database of this run and two sessions in it, made when they are needed. One thread."""

    def __init__(
        self, name: str, workspace: Workspace, limit: float, total: float = math.inf
    ) -> None:
        """Seconds that one statement of a script may take, and those of several in a row."""
        self.name = name
        self.workspace = workspace
        self.limit = limit
        self.total = total
        self._sessions: dict[Role, psycopg.Connection[tuple[Any, ...]]] = {}

    def session(self, role: Role) -> psycopg.Connection[tuple[Any, ...]]:
        """The session of a role; a new one where the server has ended the last one."""
        known = self._sessions.get(role)
        if known is None or known.closed:
            self._sessions[role] = self.workspace.connect(self.name, role)
        return self._sessions[role]

    def run(
        self,
        path: str,
        sql: str,
        *,
        budget: Budget | None = None,
        stop_after: int | None = None,
        before_last: Callable[[], None] | None = None,
        go_on: bool = False,
    ) -> ScriptRun:
        """Run one script as the role that owns the module's objects; see `run_script`."""
        return run_script(
            self.session("owner"), self.workspace, path, sql, limit=self.limit, budget=budget,
            stop_after=stop_after, before_last=before_last, go_on=go_on,
        )  # fmt: skip

    def budget(self) -> Budget:
        """What the scripts of one run may take together."""
        return Budget(self.limit, self.total)

    def run_all(
        self, scripts: Iterable[tuple[str, str]], *, go_on: bool = False
    ) -> Iterator[ScriptRun]:
        """Run (path, sql) one after the other, up to and including the first that fails; with
        `go_on` all of them, without the statements that fail."""
        budget = self.budget()
        for path, sql in scripts:
            ran = self.run(path, sql, budget=budget, go_on=go_on)
            yield ran
            if ran.failure is not None and not go_on:
                return

    def apply(self, scripts: Iterable[tuple[str, str]]) -> Failure | None:
        """Run them like `run_all`; why the first that fails did, or None."""
        return next((ran.failure for ran in self.run_all(scripts) if ran.failure), None)

    @contextlib.contextmanager
    def copy(self) -> Iterator[Scratch]:
        """Another database with all that is in this one, for as long as the block lasts. Ends the
        sessions: PostgreSQL copies only what nobody uses."""
        self.close()
        made = Scratch(
            self.workspace.create("proof", self.name), self.workspace, self.limit, self.total
        )
        try:
            yield made
        finally:
            made.close()
            self.workspace.drop(made.name)

    def snapshot(self) -> Snapshot:
        """Everything that a migration can change."""
        admin = self.session("admin")
        admin.prepare_threshold = 0  # planning takes longer than running, and one proof takes many
        try:
            return snapshot(admin, {self.workspace.owner: OWNER_SHOWN})
        finally:
            admin.prepare_threshold = None

    def digests(self, columns: Mapping[str, list[str]] | None = None) -> dict[str, str]:
        """Row count and digest of each table that the owner may read, or of some columns of some
        tables. Raises where row security would hide rows."""
        return digests(self.session("owner"), columns)

    def close(self) -> None:
        """End the sessions."""
        for session in self._sessions.values():
            # The database is dropped next, and with it whatever the session still held.
            with contextlib.suppress(Exception):
                session.close()
        self._sessions.clear()
