"""The rows that a rollback loses are counted again, on the way down and on the way up, with plain
sessions: as many are gone as a finding says, of as many as it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gates.database import Database
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.rollback.roll_back import fill_for
from gates.database.rows.filling import fill
from gates.module import Module

Runs = Callable[[Scratch, str], str]
_GONE = re.compile(r"table (\S+): (\d+) of (\d+) rows are gone")


def uncounted(database: Database, module: Module, number: int, detail: str, run: Runs) -> str:
    """The lines of a finding about the rollback with a number whose counts do not come again; ""
    where all do."""
    left = {line: (each[1], int(each[2]), int(each[3])) for line in detail.splitlines()
            if (each := _GONE.search(line))}  # fmt: skip
    for way in (_up, _down):
        if not left:
            break
        for before, after in way(database, module, number, run):
            left = {
                line: (table, gone, held)
                for line, (table, gone, held) in left.items()
                if before.get(table) != held or held - after.get(table, 0) < gone
            }
    return "; ".join(left)


def _up(
    database: Database, module: Module, number: int, run: Runs
) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """How many rows each table has before a migration, and after its rollback."""
    with database.scratch("baseline") as scratch:
        for at, migration in enumerate(module.migrations[: number + 1]):
            if at:
                fill_for(database, scratch, at, migration)
            before = _counts(scratch)
            assert run(scratch, migration.sql) == ""
        assert run(scratch, migration.rollback_sql or "SELECT 1") == ""
        yield before, _counts(scratch)


def _down(
    database: Database, module: Module, number: int, run: Runs
) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """The same before and after a rollback, with rows in the tables of the newest version."""
    with database.scratch() as scratch:
        fill(database, scratch, before=database.scripts)
        for migration in reversed(module.migrations[number:]):
            before = _counts(scratch)
            assert run(scratch, migration.rollback_sql or "SELECT 1") == ""
        yield before, _counts(scratch)


def _counts(scratch: Scratch) -> dict[str, int]:
    return {table: int(each.partition("/")[0]) for table, each in scratch.digests().items()}
