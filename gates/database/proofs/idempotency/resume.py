"""The crash proof: a file that does not run in one transaction, stopped in its midst and run again.

A file that runs in one transaction leaves nothing behind when it is stopped. Any other may stop
after each of its statements, and within those that PostgreSQL itself commits in several steps:
CREATE INDEX CONCURRENTLY leaves an index that is not valid (its page in the documentation,
"Building Indexes Concurrently"), DETACH PARTITION CONCURRENTLY a partition that is half detached.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gates.database import Database
from gates.database.catalog_state.snapshot import Snapshot, diff
from gates.database.failure_advice import on_second_run
from gates.database.parsing.relations import touched
from gates.database.parsing.script import Script, Statement, parse
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.undisturbed import Undisturbed
from gates.database.rows.filling import fill
from gates.database.runner import Failure
from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.records import dataclass

_LOCK_NOT_AVAILABLE = "55P03"
_BEGINS = {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}
_ENDS = {"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"}
_TABLE = """
    SELECT t.oid::regclass::text FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    JOIN pg_class t ON t.oid = coalesce(i.indrelid, c.oid)
    WHERE c.oid = to_regclass(%s) AND t.relkind IN ('r', 'p')"""


@dataclass(frozen=True)
class Stop:
    """Where a script ends before its end."""

    statement: int
    """The number of the last statement that ran, from 0."""
    within: bool = False
    """That one itself was interrupted."""


@dataclass(frozen=True)
class Stuck:
    """A stop after which running the migrations again does not end where they should."""

    at: Location
    within: bool
    failure: Failure | None = None
    differences: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What happens, in one sentence."""
        when = "interrupted in this statement" if self.within else "stopped after this statement"
        if self.failure is not None:
            code = f" (SQLSTATE {self.failure.sqlstate})" if self.failure.sqlstate else ""
            said = f"{self.failure.location}: {self.failure.message}{code}"
            return f"{when}, the migration does not run again: {said}"
        more = f", and {len(self.differences) - 1} more" if len(self.differences) > 1 else ""
        return f"{when} and run again, the migration ends elsewhere: {self.differences[0]}{more}"

    @property
    def fix(self) -> str:
        """What to write instead."""
        if self.failure is not None:
            return on_second_run(self.failure)
        if any(each.endswith("became invalid") for each in self.differences):
            return (
                "put DROP INDEX CONCURRENTLY IF EXISTS before it and create the index without"
                " IF NOT EXISTS: IF NOT EXISTS keeps an index that is not valid"
            )
        return "write the statements so that they may run after only a part of the file did"

    @property
    def detail(self) -> str:
        """The statement that failed, or every difference."""
        return self.failure.detail if self.failure else "\n".join(self.differences)


@dataclass(frozen=True)
class Resumed:
    """What came of it."""

    stops: int
    """How many places it was tried at."""
    stuck: tuple[Stuck, ...] = ()
    """One for each outcome in each file, the first."""
    unfilled: tuple[str, ...] = ()
    """One sentence for each table that no row could be made for."""


def stops(script: Script) -> Iterator[Stop]:
    """The places at which a script can end and leave something behind, in order.

    Not after a statement that only sets something, nor in a transaction that the script itself
    began: what is left there is what was left before it.
    """
    if script.in_one_transaction:
        return
    own = False
    for number, statement in enumerate(script.statements):
        if statement.kind == "TransactionStmt":
            kind = statement.node.get("kind")
            if kind in _BEGINS:
                own = True
            elif kind in _ENDS:
                own = bool(statement.node.get("chain"))
        if own or statement.kind == "VariableSetStmt":
            continue
        if interruptible(statement):
            yield Stop(number, within=True)
        if number + 1 < len(script.statements):
            yield Stop(number)


def interruptible(statement: Statement) -> bool:
    """Whether PostgreSQL commits it in steps, so that one that is stopped leaves a part."""
    node = statement.node
    if statement.kind in {"IndexStmt", "DropStmt"}:
        return bool(node.get("concurrent"))
    if statement.kind == "AlterTableStmt":
        return any("AT_DetachPartition" in str(each) for each in node.get("cmds", ()))
    return statement.kind == "ReindexStmt"


def resume(database: Database) -> Resumed:
    """Try every stop on a copy of its own, made from what was there before the file, with rows.

    Everything from that file on is run again then, and the schema compared with that of an
    undisturbed run; the data, too, as far as two undisturbed runs have it in common: clocks and
    random values differ. Raises `MigrationsDoNotApplyError`.
    """
    scripts = [parse(path, sql) for path, sql in database.scripts]
    final = database.applied.snapshot
    tried = 0
    found: dict[object, Stuck] = {}
    unfilled: list[str] = []
    ahead = 0
    if not any(True for script in scripts for _ in stops(script)):
        return Resumed(0)
    with database.scratch("baseline") as walker:
        for number, script in enumerate(scripts):
            places = list(stops(script))
            if not places:
                continue
            walker.apply(database.scripts[ahead:number])
            ahead = number
            with _filled(database, walker, database.scripts[number:], unfilled) as whole:
                for stop in places:
                    _ = database.workspace  # raises where the run was interrupted
                    tried += 1
                    if stuck := stopped(whole, final, script, stop):
                        outcome = stuck.failure and stuck.failure.location
                        found.setdefault((script.path, outcome, stuck.differences), stuck)
    return Resumed(tried, tuple(found.values()), tuple(dict.fromkeys(unfilled)))


@contextlib.contextmanager
def _filled(
    database: Database, before: Scratch, rest: list[tuple[str, str]], unfilled: list[str]
) -> Iterator[Undisturbed]:
    """A copy with rows in it, on which the rest runs; without rows where it does not."""
    with before.copy() as start:
        unfilled += fill(database, start, before=rest)
        whole = Undisturbed(start, rest)
        failure = whole.failure
        if failure is None:
            yield whole
            return
    unfilled.append(f"with rows it fails at {failure.location}: {failure.message}")
    with before.copy() as start:
        yield Undisturbed(start, rest)


def stopped(whole: Undisturbed, final: Snapshot, script: Script, stop: Stop) -> Stuck | None:
    """Stop a script on a copy, run it and all that follow; what is wrong then.

    `whole` is that script and all that follow, `final` the schema that they end with.
    """
    at = Location(script.path, *script.position(script.statements[stop.statement].offset))
    with whole.start.copy() as scratch:
        if stop.within:
            if not _interrupt(scratch, script, stop.statement):
                return None
        else:
            ran = scratch.run(script.path, script.sql, stop_after=stop.statement + 1)
            if ran.failure is not None:
                return Stuck(at, within=False, failure=ran.failure)
        if failure := scratch.apply(whole.scripts):
            return Stuck(at, stop.within, failure)
        differences = diff(final, scratch.snapshot()) + whole.differences(scratch)
    differences.sort(key=lambda each: not each.endswith("became invalid"))
    return Stuck(at, stop.within, None, tuple(differences)) if differences else None


def _interrupt(scratch: Scratch, script: Script, number: int) -> bool:
    """Run a script up to a statement, and have that one wait for another session, for its locks or
    its snapshot, until lock_timeout ends it half done. False where it has nothing to do.

    Raises `CouldNotCheckError` where it fails for another reason.
    """
    owner, other = scratch.session("owner"), scratch.session("member")
    statement = script.statements[number]

    def block() -> None:
        path = owner.execute("SHOW search_path").fetchone()
        other.execute("SELECT set_config('search_path', %s, false)", path)
        for schema, name, _ in touched(statement.node):
            parts = ['"' + each.replace('"', '""') + '"' for each in (schema, name) if each]
            for (table,) in other.execute(_TABLE, (".".join(parts),)).fetchall():
                other.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        owner.execute("SET lock_timeout = '1ms'")

    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    ran = scratch.run(script.path, script.sql, stop_after=number + 1, before_last=block)
    other.close()
    if ran.failure is not None and ran.failure.sqlstate != _LOCK_NOT_AVAILABLE:
        raise CouldNotCheckError(
            f"{ran.failure.location}: the statement could not be interrupted:"
            f" {ran.failure.message}",
            hint="gates explain migrations-resume",
        )
    return ran.failure is not None
