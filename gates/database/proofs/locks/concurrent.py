"""Watches a statement that runs outside of transactions, whose locks are gone when it ends.

CREATE INDEX CONCURRENTLY and its kind wait for every transaction that may write to the table. So
one does hold the table, as an application's write would; once the statement waits for it, what the
statement holds stands still and is read; then it may go on. Nothing depends on timing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gates.database.parsing.relations import touched
from gates.database.parsing.script import Statement, option
from gates.database.proofs.locks.lock_modes import Mode
from gates.database.proofs.locks.observed_locks import HeldLock, held_locks
from gates.database.server.driver import psycopg_modules

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_WAITING = "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted"
_TARGET = """
    SELECT coalesce(i.indrelid, c.oid), t.relkind::text,
        quote_ident(n.nspname) || '.' || quote_ident(t.relname), n.nspname, t.relname
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
        JOIN pg_class t ON t.oid = coalesce(i.indrelid, c.oid)
        JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE c.oid = %s AND t.relkind IN ('r', 'p', 'm')"""
_LOCK_TIMEOUT = "SELECT pg_catalog.set_config('lock_timeout', %s, false)"
_TICK = 0.002


def watch(
    owner: Session, observer: Session, holder: Session, statement: Statement,
    run: Callable[[], None],
) -> tuple[float, tuple[HeldLock, ...]]:  # fmt: skip
    """Run `run`, which executes the statement on `owner`: its seconds without the wait that was
    made for it, and the locks that it held meanwhile.

    Where it never waits (VACUUM), the locks are those that its documentation names; of a block that
    commits by itself, those that it was seen with now and then. `holder` is a session that may lock
    the tables. Raises what `run` raises.
    """
    targets = _targets(owner, observer, statement)
    held: tuple[HeldLock, ...] = ()
    seen: dict[int, HeldLock] = {}
    psycopg = psycopg_modules()
    # VACUUM does not wait for writers, but for 5 s it tries to give pages back that they hold.
    waits = statement.kind != "VacuumStmt" or _full(statement)
    with _Holding(holder, [each[2] for each in targets] if waits else []) as holding:
        raised: list[BaseException] = []
        patience = ""
        if holding.tables:  # it shall not give up while we look
            row = owner.execute("SELECT pg_catalog.current_setting('lock_timeout')").fetchone()
            patience = row[0] if row else "0"
            owner.execute(_LOCK_TIMEOUT, ("60s",))

        def work() -> None:
            try:
                run()
            except BaseException as error:  # noqa: BLE001 - raised again by who waits
                raised.append(error)

        started = time.perf_counter()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        waited_since = waited = 0.0
        while thread.is_alive():
            thread.join(_TICK)
            if not targets:
                seen |= {
                    lock.oid: lock
                    for lock in held_locks(observer, owner.info.backend_pid)
                    if lock.oid not in seen or seen[lock.oid].mode < lock.mode
                }
            if holding.holds and observer.execute(_WAITING, (owner.info.backend_pid,)).fetchone():
                waited_since = time.perf_counter()
                held = held_locks(observer, owner.info.backend_pid, asked=True)
                holding.let_go()
                waited = time.perf_counter() - waited_since
        seconds = time.perf_counter() - started - waited
    if holding.tables and not owner.closed:
        owner.execute(_LOCK_TIMEOUT, (patience,))
    if raised:
        error = raised[0]
        raise error if isinstance(error, Exception) else psycopg.OperationalError(str(error))
    return seconds, held or tuple(seen.values()) or _documented(statement, targets)


class _Holding:
    """Holds ROW EXCLUSIVE on tables, as a write does, until it is let go."""

    def __init__(self, session: Session, tables: list[str]) -> None:
        self.session = session
        self.tables = tables
        self.holds = False

    def __enter__(self) -> _Holding:
        if self.tables:
            try:
                self.session.execute("BEGIN")
                self.session.execute(f"LOCK TABLE {', '.join(self.tables)} IN ROW EXCLUSIVE MODE")
                self.holds = True
            except psycopg_modules().Error:
                self.let_go()
        return self

    def let_go(self) -> None:
        self.holds = False
        self.session.execute("ROLLBACK")

    def __exit__(self, *_: object) -> None:
        if self.holds:
            self.let_go()


def _targets(owner: Session, observer: Session, statement: Statement) -> list[tuple[Any, ...]]:
    """Tables that a statement is about: (oid, relkind, quoted name, schema, name)."""
    found: dict[int, tuple[Any, ...]] = {}
    for schema, name, _ in touched(statement.node):
        quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part)
        row = owner.execute("SELECT pg_catalog.to_regclass(%s)::pg_catalog.oid", (quoted,))
        (oid,) = row.fetchone() or (None,)
        target = observer.execute(_TARGET, (oid,)).fetchone() if oid else None
        if target is not None:
            found.setdefault(target[0], target)
    return list(found.values())


def _full(statement: Statement) -> bool:
    return statement.kind == "VacuumStmt" and option(statement.node, "full") is not None


def _documented(statement: Statement, targets: list[tuple[Any, ...]]) -> tuple[HeldLock, ...]:
    """VACUUM takes SHARE UPDATE EXCLUSIVE, VACUUM FULL and CLUSTER ACCESS EXCLUSIVE; whatever
    says CONCURRENTLY takes SHARE UPDATE EXCLUSIVE ("Explicit Locking" in the documentation)."""
    strong = _full(statement) or statement.kind == "ClusterStmt"
    mode = Mode.ACCESS_EXCLUSIVE if strong else Mode.SHARE_UPDATE_EXCLUSIVE
    kinds = {"m": "materialized view"}
    return tuple(
        HeldLock(schema, name, kinds.get(kind, "table"), mode, oid, oid, quoted)
        for oid, kind, quoted, schema, name in targets
    )
