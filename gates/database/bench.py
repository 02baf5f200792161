"""One clone with lasting sessions: scripts are run in it, and it is described before and after."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gates.database.runner import ScriptRun, run_script
from gates.database.snapshot import Snapshot, digests, snapshot
from gates.database.workspace import Role, Workspace

if TYPE_CHECKING:
    import psycopg

OWNER_SHOWN = "module_owner"
"""What a run's own owner role is called in snapshots and messages."""


class Bench:
    """A database of this run and two sessions in it, made when they are needed. One thread."""

    def __init__(self, name: str, workspace: Workspace, limit: float) -> None:
        self.name = name
        self.workspace = workspace
        self.limit = limit
        self._sessions: dict[Role, psycopg.Connection[tuple[Any, ...]]] = {}

    def session(self, role: Role) -> psycopg.Connection[tuple[Any, ...]]:
        """The session of a role; a new one where the server has ended the last one."""
        known = self._sessions.get(role)
        if known is None or known.closed:
            self._sessions[role] = self.workspace.connect(self.name, role)
        return self._sessions[role]

    def run(self, path: str, sql: str) -> ScriptRun:
        """Run one script as the role that owns the module's objects."""
        owner = self.session("owner")
        return run_script(owner, self.workspace, path, sql, limit=self.limit)

    def run_all(self, scripts: Iterable[tuple[str, str]]) -> Iterator[ScriptRun]:
        """Run (path, sql) one after the other, up to and including the first that fails."""
        for path, sql in scripts:
            ran = self.run(path, sql)
            yield ran
            if ran.failure is not None:
                return

    def snapshot(self) -> Snapshot:
        """Everything that a migration can change."""
        return snapshot(self.session("admin"), {self.workspace.owner: OWNER_SHOWN})

    def digests(self, columns: Mapping[str, list[str]] | None = None) -> dict[str, str]:
        """Row count and digest of each table that the owner may read, or of some columns of some
        tables. Raises where row security would hide rows."""
        return digests(self.session("owner"), columns)

    def close(self) -> None:
        """End the sessions."""
        for session in self._sessions.values():
            with contextlib.suppress(Exception):
                session.close()
