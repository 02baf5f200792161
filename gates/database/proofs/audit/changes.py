"""One table's row, added and changed in every way that leaves the other columns alone."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from gates.database.catalog_state.tables import Column, Table
from gates.database.proofs.audit.entries import Change, Json, Seen
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.rows.other_values import (
    VERSION,
    assignments,
    changeable,
    emptied,
    other_values,
    undefaulted,
)
from gates.database.rows.solve import NoRowError
from gates.records import dataclass

_BOOKKEEPING = "updated_at"
"""Alone it is no change that anybody made."""
_REFUSALS = ("23514", "42501")
"""check_violation, insufficient_privilege (appendix A of the PostgreSQL documentation): the two
that a function may be tempted to pass over."""
LOG = "SELECT to_jsonb(l)::text FROM public.audit_logs AS l"


@dataclass(frozen=True)
class _Step:
    """What came of one statement."""

    count: int = 0
    error: str = ""
    after: Json | None = None
    log: tuple[str, ...] = ()


def names_of(tenants: Tenants, table: Table) -> list[str]:
    """What audit_logs may call a table: its name, also with the schema, or a partition's."""
    parts = (each for each in tenants.maker.tables.values() if each.partition_of == table.oid)
    names = (table.name, table.qualified, f"{table.schema}.{table.name}")
    return [*names, *(each.name for each in parts)]


class Trial:
    """Tenant A's session and one table. `switch` is the setting that has audit_logs refuse."""

    def __init__(self, tenants: Tenants, table: Table, switch: str) -> None:
        self.tenants, self.table, self.switch = tenants, table, switch
        self.names = names_of(tenants, table)
        self.row = tenants.new(table, tenants.a)
        column = tenant_column(table)
        self.where = f"WHERE {self.row.condition()}"
        insert = self.row.statement()
        same = f"UPDATE {table.qualified} SET {column} = {column} {self.where}"
        self.seen = Seen(self.row, [insert, same], [insert, same])

    def run(self) -> Seen:
        """Add the row and change it. Raises `NoRowError`."""
        columns = changeable(self.tenants.maker, self.table)
        try:
            other = self.tenants.new(self.table, self.tenants.a, again=True)
        except NoRowError:
            other = None
        updates = list(self._updates(columns, other.values if other else {}))
        session = self.tenants.app
        session.execute("; ".join(["BEGIN", *self.tenants.as_a]))
        try:
            self.base = Counter(text for (text,) in session.execute(LOG))
            if self._insert():
                self._insert_other(columns, other)
                self._update(updates)
        finally:
            session.execute("ROLLBACK")
        return self.seen

    def _insert(self) -> bool:
        """The INSERT; whether the row is there now."""
        statement = self.seen.plainest[0]
        passed = self._passed_over(statement)
        step = self._step(statement)
        if not self._works("INSERT", step):
            return False
        change = Change("INSERT", (), None, step.after, self._new(step))
        if self._look(change) and passed:
            self.seen.lost["INSERT"] = passed
        if len(change.about(self.names)) > 1:
            self.seen.doubled.append(("INSERT", ""))
        self.first = step.after
        self.base = Counter(step.log)
        return True

    def _insert_other(self, columns: list[Column], other: Row | None) -> None:
        """A second row with none of the defaults, and no value where it needs none; where the table
        takes one."""
        if other is None or "INSERT" in self.seen.missing:
            return
        maker = self.tenants.maker
        empty = emptied([each for each in columns if each.default is None])
        given = {
            each.number: value
            for each in columns
            if each.default is not None
            and (value := undefaulted(maker, self.table, each, self.row.seed + 11))
        }
        version = {n: each for n, each in given.items() if each == VERSION}
        for values in ({**empty, **given}, given, version):
            statement = other.statement(values)
            step = self._step(statement, undo=True)
            if not step.error and step.count:
                change = Change("INSERT", (), None, None, self._new(step))
                if not change.about(self.names):
                    self.seen.missing["INSERT"] = "a row without the defaults"
                    self.seen.shown.insert(0, statement)
                return

    def _update(self, updates: list[tuple[tuple[str, ...], list[str]]]) -> None:
        """Each UPDATE that changes the row, from the same start."""
        unseen: list[tuple[tuple[str, ...], str]] = []
        tried: list[str] = []
        for names, choices in updates:
            for sets in choices:
                statement = f"UPDATE {self.table.qualified} SET {sets} {self.where}"
                step = self._step(statement, undo=True)
                if not step.error and step.count and step.after != self.first:
                    break
            else:
                continue
            change = Change("UPDATE", names, self.first, step.after, self._new(step))
            if not self._look(change):
                unseen.append((names, statement))
            elif not tried and (passed := self._passed_over(statement)):
                self.seen.lost["UPDATE"] = passed
            if len(change.about(self.names)) > 1 and not self.seen.doubled:
                self.seen.doubled.append(("UPDATE", statement))
            tried.append(statement)
            self.seen.shown[-1] = tried[0]
        if not tried:
            self._update_nothing()
        elif unseen:
            self.seen.missing["UPDATE"] = ""
            self.seen.shown[-1] = unseen[0][1]
            if len(unseen) < len(tried):
                single = [names[0] for names, _ in unseen if len(names) == 1]
                more = f" and {len(single) - 3} more" if len(single) > 3 else ""
                said = f"{', '.join(single[:3])}{more}" if single else "several columns at once"
                self.seen.missing["UPDATE"] = said

    def _update_nothing(self) -> None:
        """Where no change is possible: an UPDATE that changes nothing, which a trigger sees."""
        step = self._step(self.seen.plainest[1])
        if self._works("UPDATE", step):
            self._look(Change("UPDATE", (), self.first, step.after, self._new(step)), note=True)

    def _passed_over(self, statement: str) -> tuple[str, ...]:
        """The errors of audit_logs that a statement succeeds in spite of."""
        tried = ((each, self._step(statement, errcode=each, undo=True)) for each in _REFUSALS)
        return tuple(code for code, step in tried if not step.error and step.count)

    def _works(self, command: str, step: _Step) -> bool:
        if step.error or not step.count:
            self.seen.failed = step.error or f"the {command} has no effect"
            self.seen.missing[command] = ""
            return False
        return True

    def _look(self, change: Change, *, note: bool = False) -> bool:
        """Whether the trail has the change; its first row is kept for comparison."""
        if found := change.about(self.names):
            self.seen.audited.append((change, found[0]))
            return True
        if change.entries and not self.seen.instead:
            said = (
                f"{name} is {change.entries[0][name]!r}"
                for name in ("table_name", "operation")
                if name in change.entries[0]
            )
            self.seen.instead = " and ".join(said)
        if note or change.command == "INSERT":
            self.seen.missing[change.command] = ""
        return False

    def _new(self, step: _Step) -> tuple[Json, ...]:
        return tuple(json.loads(each) for each in (Counter(step.log) - self.base).elements())

    def _updates(
        self, columns: list[Column], other: Mapping[int, str]
    ) -> Iterator[tuple[tuple[str, ...], list[str]]]:
        """Names of columns, and what may follow SET to change them: each alone, all together, and
        all that may be NULL to that."""
        maker = self.tenants.maker
        both: dict[int, str] = {}
        for column in columns:
            values = other_values(maker, self.table, column, self.row.seed + 11)
            if column.number in other:
                values.insert(0, other[column.number])
            both[column.number] = values[0] if values else column.quoted
            if column.name != _BOOKKEEPING:
                yield (
                    (column.name,),
                    [assignments(self.table, {column.number: each}) for each in values],
                )
        planned = {number: other[number] for number in both if number in other}
        choices = [assignments(self.table, each) for each in (both, planned) if len(each) > 1]
        yield tuple(self.table.by_number[number].name for number in both), choices
        if empty := emptied(columns):
            names = tuple(self.table.by_number[number].name for number in empty)
            if names != (_BOOKKEEPING,):
                yield names, [assignments(self.table, empty)]

    def _step(self, statement: str, *, errcode: str = "", undo: bool = False) -> _Step:
        """Run a statement, read the row and audit_logs; undone where it fails or `undo` says so."""
        import psycopg

        session = self.tenants.app
        back = "ROLLBACK TO SAVEPOINT gates"
        refuse = [f"SET LOCAL {self.switch} = '{errcode}'"] if errcode else []
        read = f"SELECT to_jsonb(t)::text FROM {self.table.qualified} AS t {self.where}"
        batch = ["SAVEPOINT gates", *refuse, statement, "SET CONSTRAINTS ALL IMMEDIATE", read, LOG]
        try:
            cursor = session.execute("; ".join([*batch, back] if undo else batch))
            for _ in batch[: batch.index(statement)]:
                cursor.nextset()
            count = cursor.rowcount
            cursor.nextset()
            cursor.nextset()
            row = cursor.fetchone()
            cursor.nextset()
            log = tuple(text for (text,) in cursor.fetchall())
        except psycopg.Error as error:
            session.execute(back)
            said = error.diag.message_primary or str(error)
            return _Step(error=f"{error.diag.sqlstate}: {said}")
        return _Step(count, "", json.loads(row[0]) if row else None, log)
