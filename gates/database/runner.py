"""Runs migration scripts statement by statement, so that the one that fails is known.

A script runs in one transaction, unless it holds a statement that PostgreSQL refuses there or says
BEGIN and COMMIT itself; then each of its statements commits on its own.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from gates.database.parsing.script import Script, Statement, parse
from gates.database.server.driver import TimeLimitError, Watch, psycopg_modules
from gates.model import Location
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg


class Ends(Protocol):
    """Who can end a session that does not react to a cancel request."""

    def terminate(self, process: int) -> None:
        """End the session of a server process."""


_BODY_LINE = re.compile(r"inline_code_block line (\d+)")
_BODY = re.compile(r"\$(\w*)\$")


@dataclass(frozen=True)
class Failure:
    """Why a script stopped."""

    message: str
    """PostgreSQL's own message, or the time limit."""
    location: Location
    sqlstate: str = ""
    statement: str = ""
    notes: tuple[str, ...] = ()
    """PostgreSQL's detail, hint and context."""

    @property
    def detail(self) -> str:
        """The statement and everything else that PostgreSQL said."""
        return "\n".join(part for part in (self.statement, *self.notes) if part)


@dataclass(frozen=True)
class ScriptRun:
    """How one script went."""

    path: str
    statements: int
    """How many statements succeeded."""
    seconds: float
    in_transaction: bool
    failure: Failure | None = None
    """The first statement that failed, and why."""
    others: tuple[Failure, ...] = ()
    """Those that failed after it, where the script went on."""


@dataclass
class Budget:
    """Seconds that statements may take, kept on our side: no SET of a script lifts them."""

    statement: float
    """For each."""
    total: float = math.inf
    """For all that are run with this budget."""
    spent: float = 0.0

    @property
    def left(self) -> float:
        """What the next statement may take."""
        return min(self.statement, self.total - self.spent)

    def exceeded(self, error: TimeLimitError) -> str:
        """What to say of a statement that met the limit."""
        if self.total - self.spent < self.statement:
            return (
                f"stopped: all migrations together took longer than {self.total:g} s,"
                " their time limit"
            )
        return f"{error}: the time limit of one statement"


def run_script(
    connection: psycopg.Connection[tuple[Any, ...]],
    workspace: Ends,
    path: str,
    sql: str,
    *,
    limit: float,
    budget: Budget | None = None,
    stop_after: int | None = None,
    before_last: Callable[[], None] | None = None,
    go_on: bool = False,
) -> ScriptRun:
    """Run one script on a connection in autocommit mode; `limit` is seconds for one statement,
    `budget` instead of it for several scripts together. With `go_on`, a statement that fails is
    left out and the next one runs.

    `stop_after` ends after so many statements as a crash would: without COMMIT; `before_last` is
    called before the last of them. The session is put back to how it began, so that no script
    leans on the settings of the one before.
    """
    psycopg = psycopg_modules()
    script = parse(path, sql)
    started = time.perf_counter()
    if script.fault:
        line, column = script.position(script.fault.offset)
        place = Location(path, line, column)
        return ScriptRun(path, 0, 0.0, True, Failure(script.fault.message, place, "42601"))
    together = script.in_one_transaction
    budget = budget or Budget(limit)
    statements = script.statements[:stop_after]
    done = 0
    failure = None
    passed_over: list[Failure] = []
    current: Statement | None = None
    try:
        with Watch(connection, workspace.terminate) as watch:
            if together:
                connection.execute("BEGIN")
            for statement in statements:
                current = statement
                if before_last is not None and done == len(statements) - 1:
                    before_last()
                if go_on and together:
                    connection.execute("SAVEPOINT gates_statement")
                try:
                    _spend(watch, statement.text, budget)
                    done += 1
                except psycopg.Error as error:
                    if not go_on or connection.closed:
                        raise
                    passed_over.append(_failure(script, statement, error, str(error)))
                    if _in_transaction(connection):
                        back = " TO SAVEPOINT gates_statement" if together else ""
                        connection.execute(f"ROLLBACK{back}")
            if together and stop_after is None:
                current = statements[-1] if statements else None
                _spend(watch, "COMMIT", budget)
    except TimeLimitError as error:
        failure = _failure(script, current, None, budget.exceeded(error))
    except psycopg.Error as error:
        failure = _failure(script, current, error, str(error))
    if failure is None and not together and stop_after is None and _in_transaction(connection):
        failure = _failure(script, statements[-1], None, "its transaction is never committed")
    _reset(connection)
    seconds = time.perf_counter() - started
    if failure is not None:
        passed_over.append(failure)
    first = passed_over[0] if passed_over else None
    return ScriptRun(path, done, seconds, together, first, tuple(passed_over[1:]))


def _spend(watch: Watch, statement: str, budget: Budget) -> None:
    """Run one statement within what is left; what it took is gone if it succeeded."""
    if budget.left <= 0:
        raise TimeLimitError(budget.left)
    started = time.perf_counter()
    watch.run(statement, budget.left)
    budget.spent += time.perf_counter() - started


def _in_transaction(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    idle = psycopg_modules().pq.TransactionStatus.IDLE
    return not connection.closed and connection.info.transaction_status != idle


def _reset(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    if connection.closed:
        return
    if _in_transaction(connection):
        connection.execute("ROLLBACK")
    connection.execute("DISCARD ALL")


def _failure(
    script: Script, statement: Statement | None, error: psycopg.Error | None, message: str
) -> Failure:
    place = Location(script.path, *script.position(statement.offset if statement else 0))
    text = statement.text if statement else ""
    if error is None:
        return Failure(message, place, statement=text)
    diag = error.diag
    if statement is not None:
        place = Location(script.path, *script.position(_offset(statement, diag)))
    notes = [
        f"{label}: {value}"
        for label, value in (
            ("DETAIL", diag.message_detail),
            ("HINT", diag.message_hint),
            ("QUERY", diag.internal_query),
            ("CONTEXT", diag.context),
        )
        if value
    ]
    if not diag.message_primary and statement is not None:
        message = "the server ended the session while this statement ran"
    return Failure(diag.message_primary or message, place, diag.sqlstate or "", text, tuple(notes))


def _offset(statement: Statement, diag: psycopg.errors.Diagnostic) -> int:
    """Where in the file PostgreSQL points: a character, or a line of a DO block's body."""
    if diag.statement_position:
        return statement.offset + int(diag.statement_position) - 1
    found = _BODY_LINE.search(diag.context or "")
    opened = _BODY.search(statement.text)
    if statement.kind != "DoStmt" or not found or not opened:
        return statement.offset
    at = opened.end()
    for _ in range(int(found[1]) - 1):
        at = statement.text.find("\n", at) + 1 or at
    blanks = len(statement.text[at:]) - len(statement.text[at:].lstrip(" \t"))
    return statement.offset + at + blanks
