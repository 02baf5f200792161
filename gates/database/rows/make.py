"""Makes rows for any table: values that fit its types, checks, keys and references.

Nothing is known about a module but its catalog entries. So values are tried out: the constants of
CHECK expressions suggest candidates, and the server itself says which combination it accepts.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Column, Reference, Table
from gates.database.rows.insert import run
from gates.database.rows.platform_ids import platform_id
from gates.database.rows.row import NO_VALUE, Row
from gates.database.rows.solve import NoRowError, Rule, Solver, numbered_by_server
from gates.database.rows.values import Types, quote
from gates.database.tenant_session import Sessions, derived_uuid
from gates.errors import CouldNotCheckError
from gates.records import dataclass, field

if TYPE_CHECKING:
    import psycopg

__all__ = ["Maker", "Row", "TakenError", "Wish"]


class TakenError(NoRowError):
    """No row could be made, since another holds a unique key or an exclusion constraint."""

    def __init__(self, message: str, row: Row, key: str) -> None:
        super().__init__(message, hint="gates explain tenant-isolation")
        self.row = row
        """The row that was refused."""
        self.key = key
        """The name of the key."""


@dataclass(frozen=True)
class Wish:
    """What a row is to be, beside what its table asks for."""

    rule: Rule | None = None
    values: Mapping[int, str] = field(default_factory=dict)
    """Expressions by column number; where the table's rules want others, there is no such row."""
    session: str = ""
    """The tenant in whose session the rule has to hold; "" where it hangs on no session."""


@dataclass
class Maker:
    """Makes rows in one database. Not for several threads.

    `own` is a session that may write the module's tables, `platform` one for the platform's.
    """

    own: psycopg.Connection[tuple[Any, ...]]
    platform: psycopg.Connection[tuple[Any, ...]]
    tables: Mapping[int, Table]
    own_tables: frozenset[int]
    made: dict[tuple[int, str], Row] = field(default_factory=dict)
    sessions: Sessions = field(default_factory=Sessions)
    salt: str = ""
    session_columns: Mapping[tuple[int, int], Callable[[str], str]] = field(default_factory=dict)
    """Columns (table, number) that policies compare with an id of the session."""
    samples: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """Values that the module offers, by name of table and column; only candidates, like others."""
    sparse: frozenset[str] = frozenset()
    """Tenants whose rows get NULL wherever a column may have it."""
    _types: Types | None = None
    _entering: dict[psycopg.Connection[tuple[Any, ...]], bool] = field(default_factory=dict)
    _waiting: list[Row] = field(default_factory=list)
    """Rows that refer to one which is still being decided."""
    _waits_for: set[tuple[int, str]] = field(default_factory=set)
    _pending: dict[tuple[int, str], dict[int, str]] = field(default_factory=dict)

    @property
    def types(self) -> Types:
        """The types of this database."""
        if self._types is None:
            self._types = Types(self.own, self.salt)
        return self._types

    def first(self, table: Table, tenant: str, seed: int) -> Row:
        """The row that others refer to; made when it is asked for. Raises `NoRowError`."""
        return self.made.get((table.oid, tenant)) or self.make(table, tenant, seed)

    def make(self, table: Table, tenant: str, seed: int, wish: Wish | None = None) -> Row:
        """Insert a row, after the rows that it refers to. Raises `NoRowError`."""
        import psycopg

        problem, taken = "", ""
        for attempt in range(4):
            row = self.plan(table, tenant, seed + 1000 * attempt, fresh=attempt > 1, wish=wish)
            if self._waits_for.intersection(self._pending):
                # It closes a cycle: it comes with the row that it refers to, in one transaction.
                self._waiting.append(row)
                self.made.setdefault((table.oid, tenant), row)
                return row
            try:
                row = self._insert(row)
            except (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation) as error:
                problem = str(error.diag.message_primary)
                taken = str(error.diag.constraint_name)
                self._forget_waiting()
                continue
            except psycopg.Error as error:
                problem, taken = error.diag.message_primary or str(error), ""
                self._forget_waiting()
                break
            self.made.setdefault((table.oid, tenant), row)
            return row
        if taken and wish is None and (there := self._there(table, tenant, seed)) is not None:
            return there
        message = f"no row could be made for {table.label}: {problem}"
        if taken:
            raise TakenError(message, row, taken)
        raise NoRowError(message, hint="gates explain tenant-isolation")

    def _there(self, table: Table, tenant: str, seed: int) -> Row | None:
        """The row of a tenant that a trigger of the module made before us: of a counter, say."""
        if table.tenant is None or table.oid not in self.own_tables:
            return None
        if (table.oid, tenant) in self.made:
            return None
        columns = [each for each in table.columns if each.generated is None]
        found = self.own.execute(
            f"SELECT {', '.join(f'{each.quoted}::text' for each in columns)} FROM {table.qualified}"
            f" WHERE {table.tenant.quoted}::text = %s LIMIT 1",
            (tenant,),
        ).fetchone()
        if found is None:
            return None
        values = {
            column.number: NO_VALUE if text is None else f"{quote(text)}::{column.type}"
            for column, text in zip(columns, found, strict=True)
        }
        before = tuple(row for (_, whose), row in self.made.items() if whose == tenant)
        row = Row(table, tenant, seed, values, before, there=True)
        self.made[table.oid, tenant] = row
        return row

    def _forget_waiting(self) -> None:
        for row in self._waiting:
            self.made.pop((row.table.oid, row.tenant), None)
        self._waiting.clear()
        self._waits_for.clear()

    def plan(
        self,
        table: Table,
        tenant: str,
        seed: int,
        *,
        fresh: bool = False,
        wish: Wish | None = None,
    ) -> Row:
        """Decide a row without inserting it; the rows that it refers to are inserted. `fresh` has
        it refer to new rows of the module, and not to those that others refer to."""
        values: dict[int, str] = {}
        self._pending[table.oid, tenant] = values
        try:
            self._fix_keys(table, tenant, seed, values)
            parents = list(self._follow(table, tenant, seed, values, fresh=fresh))
            self._fill(table, seed, values, empty=tenant in self.sparse)
            wished = wish.values if wish is not None else {}
            solver = Solver(self.own, self.types, self.tables, self.samples, frozenset(wished))
            values.update(wished)
            with self._as(wish.session if wish is not None else ""):
                solver.satisfy(table, seed, values, wish.rule if wish else None)
        except CouldNotCheckError as error:
            if type(error) is not CouldNotCheckError:
                raise
            raise NoRowError(f"no row could be made for {table.label}: {error.message}") from error
        finally:
            del self._pending[table.oid, tenant]
        return Row(table, tenant, seed, values, tuple(parents))

    @contextlib.contextmanager
    def _as(self, tenant: str) -> Iterator[None]:
        """A tenant's session, for as long as it takes; "" leaves it nobody's."""
        if not tenant or not self._may_enter(self.own):
            yield
            return
        with self.own.transaction(force_rollback=True):
            self.own.execute("; ".join(self.sessions.enter(tenant)))
            yield

    def _may_enter(self, connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
        """Whether a session may become a tenant's: functions of the platform may refuse it."""
        import psycopg

        if connection not in self._entering:
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(
                        "; ".join(self.sessions.enter(derived_uuid(self.salt, "no")))
                    )
                self._entering[connection] = True
            except psycopg.errors.InsufficientPrivilege:
                self._entering[connection] = False
            except psycopg.Error:
                self._entering[connection] = True
        return self._entering[connection]

    def _insert(self, row: Row) -> Row:
        connection = self.own if row.table.oid in self.own_tables else self.platform
        keys = sorted({number for key in row.table.keys for number in key.columns if number})
        returned = ", ".join(f"{row.table.by_number[number].quoted}::text" for number in keys)
        statement = row.statement() + (f" RETURNING {returned}" if returned else "")
        enter = self.sessions.enter(row.tenant) if self._may_enter(connection) else ()
        before = ["SET CONSTRAINTS ALL DEFERRED", *enter, *(e.statement() for e in self._waiting)]
        inserted, given = run(connection, before, statement, returned=bool(returned))
        if inserted == 0:
            raise NoRowError(
                f"no row could be made for {row.table.label}: a trigger drops what is inserted"
            )
        self._waiting.clear()
        self._waits_for.clear()
        changed = dict(row.values)
        for number, text in zip(keys, given or (), strict=False):
            column = row.table.by_number[number]
            if column.generated is not None:
                continue  # no INSERT may name it
            if number not in changed or (text is not None and quote(text) not in changed[number]):
                changed[number] = NO_VALUE if text is None else f"{quote(text)}::{column.type}"
        return Row(row.table, row.tenant, row.seed, changed, row.parents)

    def _fix_keys(self, table: Table, tenant: str, seed: int, values: dict[int, str]) -> None:
        """The tenant, and numbers that the server would give: known before the row is there."""
        for column in table.columns:
            own_id = tenant if column.name == "tenant_id" else None
            if table.oid not in self.own_tables:
                own_id = platform_id(table, column, tenant)
            elif (whose := self.session_columns.get((table.oid, column.number))) is not None:
                own_id = whose(tenant)
            if own_id is not None and column.generated is None:
                values[column.number] = f"{quote(own_id)}::{column.type}"
            elif numbered_by_server(column):
                values[column.number] = self.number(column, seed)

    def number(self, column: Column, seed: int) -> str:
        """What a column gets that the server would number, in the row of a seed."""
        base = 10_000 if column.type == "smallint" else 7_000_000
        return f"{base + self.types.shift + seed}"

    def _follow(
        self, table: Table, tenant: str, seed: int, values: dict[int, str], *, fresh: bool
    ) -> Iterator[Row]:
        for reference in table.references:
            open_columns = [number for number in reference.columns if number not in values]
            target = self.tables.get(reference.target)
            if target is None:
                raise NoRowError(f"{table.label} refers to a table that is not there")
            pending = self._pending.get((target.oid, tenant))
            if pending is not None:
                self._close_cycle(table, reference, pending, tenant, open_columns, seed, values)
                continue
            choose = self.make if fresh and target.oid in self.own_tables else self.first
            parent = choose(target, tenant, seed)
            yield parent
            for number, other in zip(reference.columns, reference.target_columns, strict=True):
                values[number] = parent.values.get(other, NO_VALUE)

    def _close_cycle(
        self,
        table: Table,
        reference: Reference,
        pending: dict[int, str],
        tenant: str,
        open_columns: list[int],
        seed: int,
        values: dict[int, str],
    ) -> None:
        """A reference back to a row that is still being decided: nothing, or that very row. Where
        the constraint can be deferred, both rows come in one transaction."""
        nullable = [each for each in open_columns if not table.by_number[each].not_null]
        if nullable:
            values.update(dict.fromkeys(nullable, NO_VALUE))
            return
        for number, other in zip(reference.columns, reference.target_columns, strict=True):
            if self.tables[reference.target] is table:
                values.setdefault(other, self._value(table, table.by_number[other], seed))
                values[number] = values[other]
                continue
            if reference.deferrable:
                target = self.tables[reference.target]
                pending.setdefault(other, self._value(target, target.by_number[other], seed))
                self._waits_for.add((reference.target, tenant))
            values[number] = pending.get(other, NO_VALUE)

    def _fill(self, table: Table, seed: int, values: dict[int, str], *, empty: bool) -> None:
        keyed = {number for key in table.keys for number in key.columns}
        keyed |= {
            number
            for other in self.tables.values()
            for reference in other.references
            if reference.target == table.oid
            for number in reference.target_columns
        }
        for column in table.columns:
            if column.number in values or column.generated is not None:
                continue
            if empty and not column.not_null and column.number not in keyed:
                values[column.number] = f"{NO_VALUE}::{column.type}"
            elif column.default is None or (column.number in keyed and column.type != "boolean"):
                values[column.number] = self._value(table, column, seed)

    def _value(self, table: Table, column: Column, seed: int) -> str:
        """A value of a column's type. Raises `NoRowError`."""
        what = f"no row could be made for {table.label}: column {column.name}"
        if offered := self._offered(table, column, seed):
            return offered
        try:
            value = self.types.value(column.type_oid, column.type, seed)
        except CouldNotCheckError as error:
            raise NoRowError(f"{what}: {error.message}") from error
        kind = self.types.get(column.type_oid)
        odd = kind.kind == "b" and kind.category == "U" and kind.name not in _PLAIN_TYPES
        if odd and not self.types.accepts(value, column.type):
            raise NoRowError(f"{what}: no value of the type {column.type} is known")
        return value

    def _offered(self, table: Table, column: Column, seed: int) -> str:
        """A value that the module offers; "" where it offers none that the type takes. The column
        of a key gets one of its own in each turn, so that it may have one that nobody has."""
        offered = self.samples.get((table.name, column.name), ())
        keyed = any(column.number in key.columns for key in table.keys)
        turn = (seed + seed // 1000) % (len(offered) + keyed) if offered else 0
        if turn >= len(offered) or table.oid not in self.own_tables:
            return ""
        value = f"{quote(offered[turn])}::{column.type}"
        return value if self.types.accepts(value, column.type) else ""


_PLAIN_TYPES = {"json", "jsonb", "uuid", "bytea", "tsvector", "tsquery"}
