"""Rows that migrations put in: the rollback of the one that did may take them out again."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from gates.database import Database
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.row_history import Contents, TableRows
from gates.records import dataclass


@dataclass(frozen=True)
class Seeds:
    """What was there after the migrations and before any other row came."""

    database: Database
    rows: Contents

    def may_go(self, path: str, table: str, left: Contents) -> int:
        """How many rows that are not in `left` any more the rollback of a migration may have taken
        out of a table (schema and name): seeds, and no more than the migration puts in."""
        seeds = next((each for each in self.rows.values() if each.name == table), None)
        if seeds is None or not seeds.rows:
            return 0
        now = next((each for oid, each in left.items() if self.rows.get(oid) is seeds), None)
        kept = _keys(now) if now is not None else set()
        gone = sum(key not in kept for key in _keys(seeds))
        return min(gone, self._put_in(path, table)) if gone else 0

    def _put_in(self, path: str, table: str) -> int:
        """How many rows more a table has after a migration, on a platform of its own."""
        scripts = self.database.scripts
        number = [each for each, _ in scripts].index(path)
        with self.database.scratch("baseline") as scratch:
            scratch.apply(scripts[:number])
            before = _count(scratch, table)
            scratch.apply(scripts[number : number + 1])
            return max(_count(scratch, table) - before, 0)


def _keys(holding: TableRows) -> set[tuple[str | None, ...]]:
    numbers = holding.key or tuple(holding.columns)
    return {holding.pick(row, numbers) for row in holding.rows}


def _count(scratch: Scratch, table: str) -> int:
    session = scratch.session("owner")
    there = session.execute("SELECT to_regclass(%s)::text", (table,)).fetchone()
    if there is None or there[0] is None:
        return 0
    found = session.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0
