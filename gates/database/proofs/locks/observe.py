"""Runs a migration statement by statement, and looks after each one what it locked and did.

A file that runs in one transaction is watched from inside it. A statement that would commit by
itself is put into a transaction of its own, which is the same to everybody else; one that
PostgreSQL refuses there is watched as `gates.database.proofs.locks.concurrent` says.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gates.database.parsing.script import Script, Statement, cannot_run_in_transaction, parse
from gates.database.prepared.databases import MigrationsDoNotApplyError
from gates.database.proofs.locks.concurrent import watch
from gates.database.proofs.locks.effects import Effect, State, effects, read_state
from gates.database.proofs.locks.observed_locks import HeldLock, held_locks
from gates.database.server.driver import TimeLimitError, psycopg_modules, run_within
from gates.database.server.workspace import Workspace
from gates.model import Location
from gates.records import dataclass, replace

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

SHOWN = 70
"""Characters of a statement that are shown."""
_ENDS_TRANSACTION = "2D000"


@dataclass(frozen=True)
class Step:
    """One statement of a script, or the COMMIT that ends it."""

    at: Location
    text: str
    """Its beginning, on one line."""
    seconds: float
    held: tuple[HeldLock, ...]
    """All that its transaction held when it was done, in relations that others can see."""
    effects: tuple[Effect, ...] = ()
    transaction: int = 0
    """Steps of one transaction have the same number: its locks stay until the last of them."""
    acquired: tuple[HeldLock, ...] = ()
    """What this step added to the locks of its transaction, or made stronger."""


@dataclass(frozen=True)
class Observed:
    """One script that ran to its end."""

    path: str
    steps: tuple[Step, ...]
    in_transaction: bool
    """Whether the whole file is one transaction."""

    @property
    def seconds(self) -> float:
        """Of the whole file."""
        return sum(step.seconds for step in self.steps)


class Observer:
    """Watches scripts in one database. `owner` runs them; `admin` and `holder` are others."""

    def __init__(
        self, owner: Session, admin: Session, holder: Session, workspace: Workspace, limit: float,
        *, closely: bool = True,
    ) -> None:  # fmt: skip
        """Without `closely`, locks are read at the end of each transaction only, and no effects."""
        self.owner, self.admin, self.holder = owner, admin, holder
        self.closely = closely
        self.workspace = workspace
        self.limit = limit

    def run(self, path: str, sql: str, rows: Mapping[int, int]) -> Observed:
        """Run one script to its end; `rows` has the rows of each table, by oid.

        Raises `MigrationsDoNotApplyError` where a statement fails or exceeds the time limit.
        """
        script = parse(path, sql)
        if script.fault:
            raise _failed(script, None, script.fault.message)
        together = script.in_one_transaction
        self._rows, self._steps, self._number = rows, list[Step](), 0
        self._script = script
        current: Statement | None = None
        try:
            if together:
                self._begin()
            for statement in script.statements:
                current = statement
                self._step(statement)
            if self._inside:
                self._commit(script.statements[-1] if script.statements else None)
        except TimeLimitError as error:
            raise _failed(script, current, str(error)) from error
        except psycopg_modules().Error as error:
            raise _failed(script, current, error.diag.message_primary or str(error)) from error
        finally:
            if not self.owner.closed:
                if self._inside:
                    self.owner.execute("ROLLBACK")
                self.owner.execute("DISCARD ALL")
        return Observed(path, tuple(self._steps), together)

    @property
    def _inside(self) -> bool:
        idle = psycopg_modules().pq.TransactionStatus.IDLE
        return not self.owner.closed and self.owner.info.transaction_status != idle

    def _begin(self) -> None:
        self._execute("BEGIN")
        self._opened()

    def _opened(self) -> None:
        self._number += 1
        self._state: State = read_state(self.owner) if self.closely else {}
        self._held: dict[int, HeldLock] = {}

    def _execute(self, statement: str) -> float:
        started = time.perf_counter()
        run_within(self.owner, statement, self.limit, self.workspace.terminate)
        return time.perf_counter() - started

    def _step(self, statement: Statement) -> None:
        if statement.kind == "TransactionStmt":
            self._control(statement)
        elif self._inside:
            self._watched(statement, self._execute(statement.text))
        elif cannot_run_in_transaction(statement):
            self._outside(statement)
        else:
            self._begin()
            try:
                seconds = self._execute(statement.text)
            except psycopg_modules().Error as error:
                if error.sqlstate != _ENDS_TRANSACTION:
                    raise
                self.owner.execute("ROLLBACK")
                self._outside(statement)
                return
            self._watched(statement, seconds)
            committed = self._execute("COMMIT")
            last = self._steps[-1]
            self._steps[-1] = replace(last, seconds=last.seconds + committed)

    def _control(self, statement: Statement) -> None:
        before = self._inside
        held = self._locks() if before else ()
        seconds = self._execute(statement.text)
        if not before and self._inside:
            self._opened()
        elif before and not self._inside:
            self._add(statement, seconds, held, ())

    def _locks(self) -> tuple[HeldLock, ...]:
        return held_locks(self.admin, self.owner.info.backend_pid)

    def _commit(self, statement: Statement | None) -> None:
        held = self._locks()
        seconds = self._execute("COMMIT")
        self._add(statement, seconds, held, (), "COMMIT")

    def _watched(self, statement: Statement, seconds: float) -> None:
        if not self.closely and self._script.in_one_transaction:
            self._add(statement, seconds, (), ())
            return
        held = self._locks()
        after = read_state(self.owner) if self.closely else {}
        done = effects(self._state, after, self._rows)
        self._state = after
        self._add(statement, seconds, held, done)

    def _outside(self, statement: Statement) -> None:
        self._opened()
        before = read_state(self.admin)
        seconds, held = watch(
            self.owner, self.admin, self.holder, statement, lambda: self._run(statement)
        )
        done = effects(before, read_state(self.admin), self._rows, counted=False)
        if statement.kind == "VacuumStmt" and not done:
            # VACUUM does not count what it reads. It may read all that has changed.
            read = ((lock, self._rows.get(lock.oid, 0)) for lock in held if lock.kind == "table")
            done = tuple(Effect(lock.oid, lock.label, rows, rows) for lock, rows in read if rows)
        self._add(statement, seconds, held, done)

    def _run(self, statement: Statement) -> None:
        self._execute(statement.text)

    def _add(
        self,
        statement: Statement | None,
        seconds: float,
        held: tuple[HeldLock, ...],
        done: tuple[Effect, ...],
        text: str = "",
    ) -> None:
        place = self._script.position(statement.offset if statement else 0)
        acquired = tuple(
            lock
            for lock in held
            if lock.oid not in self._held or self._held[lock.oid].mode < lock.mode
        )
        self._held = {lock.oid: lock for lock in held}
        words = text or shortened(statement.text if statement else "")
        self._steps.append(
            Step(
                Location(self._script.path, *place), words, seconds, held, done, self._number,
                acquired,
            )
        )  # fmt: skip


def shortened(statement: str) -> str:
    """The beginning of a statement on one line, without comments."""
    plain = re.sub(r"--[^\n]*|/\*.*?\*/", " ", statement, flags=re.DOTALL)
    words = " ".join(plain.split())
    return words if len(words) <= SHOWN else words[: SHOWN - 3].rstrip() + "..."


def _failed(script: Script, statement: Statement | None, message: str) -> MigrationsDoNotApplyError:
    offset = statement.offset if statement else script.fault.offset if script.fault else 0
    place = Location(script.path, *script.position(offset))
    return MigrationsDoNotApplyError(
        f"with rows in the tables the migrations do not apply ({place}: {message})",
        hint="gates explain migrations-apply",
    )
