"""Runs what is shown to people: statements that work on the old database and not on the new one.

A change of a database breaks something where a script was run on both and ended in another way: it
ran, and is refused, or gives something else. Rows come from the maker of the proofs, on the old
database; everything is undone. A script that does not end twice in the same way shows nothing.
"""

# ruff: noqa: S608 - names are quoted by the server, values are literals of a row maker
from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gates.contract.schema.ending import (
    Refused,
    Side,
    ended,
    limited,
    need_answers,
    refused_by,
)
from gates.contract.schema.grants import APPLICATION
from gates.database.catalog_state.tables import Table, read_tables
from gates.database.rows.make import Maker, Wish
from gates.database.rows.row import Row
from gates.database.tenant_session import A, Sessions
from gates.errors import CouldNotCheckError
from gates.records import dataclass, field, replace

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

Statements = Sequence[str]
"""Statements, each without the semicolon behind it."""
Values = Mapping[str, str]
"""SQL expressions by column, as the server quotes it."""
UPGRADE = "-- here the migrations of the new version run"
"""In a script about what an upgrade leaves of the rows: it runs on the old database alone."""
MOST_TRIES = 12


@dataclass
class Witness:
    """Databases of both versions, each as its sessions by role; made when first asked.

    What a module wrote runs as it does elsewhere: as the owner of its tables, or as the
    application. Only rows of the platform's tables are made by a session that may do everything.
    """

    make_old: Callable[[], Side]
    make_new: Callable[[], Side]
    sessions: Sessions = field(default_factory=Sessions)
    upgrade: Sequence[str] = ()
    """The statements that lead from the old database to the new one, as far as they are known."""
    limit: float = 30.0
    """Seconds that one script may take, whatever the module's triggers and functions do."""
    _seed: int = 8_831
    """Of the rows: far from the numbers of rows that migrations bring, and never one twice."""

    @cached_property
    def old(self) -> Side:
        """The old database."""
        return self.make_old()

    @cached_property
    def new(self) -> Side:
        """The new database."""
        return self.make_new()

    def first(self, tries: Iterable[Statements | None], others: Collection[str] = ()) -> str | None:
        """The first script that ends in another way on the new database, as it is printed. One that
        is refused for what is named in `others` (columns and constraints) shows something else."""
        for number, script in enumerate(tries):
            if number == MOST_TRIES:
                break
            for each in (script, [*self.enter, *script]) if script else ():
                if self.shows(each, others):
                    return written(each)
        return None

    @cached_property
    def enter(self) -> Statements:
        """Makes a session one of tenant A."""
        return self.sessions.enter(A)

    def as_application(self, role: str = APPLICATION) -> Statements:
        """Makes a session one of tenant A, with the rights of the application's role alone."""
        return [*self.enter, f"SET LOCAL ROLE {role}"]

    def shows(self, script: Statements, others: Collection[str] = ()) -> bool:
        """Whether a script runs on the old database, and does not or otherwise on the new one."""
        plain = [each for each in script if each != UPGRADE]
        before = self._ended(self.old, plain)
        if isinstance(before, Refused) or self._ended(self.old, plain) != before:
            return False
        if len(plain) == len(script):
            after = self._ended(self.new, script)
            return after != before and not (isinstance(after, Refused) and after.by in others)
        if not self.upgrade:
            return False
        at = list(script).index(UPGRADE)
        after = self._ended(self.old, [*script[:at], *self.upgrade, *script[at + 1 :]])
        return not isinstance(after, Refused) and after != before

    def rows(
        self, table: str, values: Values | None = None, *, without: str = "", suffix: str = ""
    ) -> Statements | None:
        """The INSERTs of a row of the old database, after those of the rows that it refers to.
        None where no row can be made."""
        row = next(iter(self.planned(table, values)), None)
        if row is None:
            return None
        given = _numbered(row.table, values or {})
        kept = {
            n: e
            for n, e in {**row.values, **given}.items()
            if row.table.by_number[n].quoted != without
        }
        return [*self.above(row), replace(row, values=kept).statement() + suffix]

    def twins(self, table: str, same: Iterable[str]) -> tuple[Row, Row] | None:
        """Two rows that are equal in some columns, and as far as the old keys allow in all."""
        found = self.planned(table, count=2)
        if len(found) < 2:
            return None
        one, other = found
        equal = {each.number for each in one.table.columns if each.quoted in set(same)}
        values = dict(one.values)
        for key in one.table.keys:
            apart = [each for each in key.columns if each and each not in equal]
            if any(values.get(each) != one.values.get(each) for each in key.columns) or not apart:
                continue
            if apart[0] in other.values:
                values[apart[0]] = other.values[apart[0]]
            else:
                values.pop(apart[0], None)
        return one, replace(other, values=values, parents=())

    def above(self, row: Row) -> list[str]:
        """The INSERTs of the rows that a row refers to."""
        return above(row, self._own)

    def planned(self, table: str, values: Values | None = None, count: int = 1) -> list[Row]:
        """Rows that the old database takes, as they would be inserted; none where none are made."""
        import psycopg

        known = next((each for each in self._tables.values() if each.qualified == table), None)
        if known is None:
            return []
        wish = Wish(values=_numbered(known, values)) if values else None
        owner, admin = self.old("owner"), self.old("admin")
        self._seed += 10
        for wished in (wish, None) if wish else (None,):
            maker = Maker(owner, admin, self._tables, self._own, sessions=self.sessions)
            # Without rows nothing is shown, and what is not shown weighs less.
            with (
                limited(self.old, "owner", self.limit),
                contextlib.suppress(psycopg.Error, CouldNotCheckError),
                owner.transaction(force_rollback=True),
            ):
                return [maker.plan(known, A, self._seed + n, wish=wished) for n in range(count)]
            need_answers(owner)
            need_answers(admin)
        return []

    @cached_property
    def _tables(self) -> Mapping[int, Table]:
        return read_tables(self.old("admin"))

    @cached_property
    def _own(self) -> frozenset[int]:
        return frozenset(oid for (oid,) in self.old("owner").execute(OWN).fetchall())

    def _ended(self, side: Side, script: Statements) -> object:
        """How a script ends: on the platform's rows, and by the application where it says so."""
        import psycopg

        names = {each.qualified for oid, each in self._tables.items() if oid not in self._own}
        platform = [each for each in script if _target(each) in names]
        rest = [each for each in script if each not in platform]
        change = f"SET LOCAL ROLE {APPLICATION}"
        try:
            for each in platform:
                side("admin").execute(each.encode())
            if change not in rest:
                with limited(side, "owner", self.limit):
                    return ended(side("owner"), rest)
            at = rest.index(change)
            first = [each for each in rest[:at] if each not in self.enter]
            with (
                limited(side, "owner", self.limit),
                self._there(side("owner"), first),
                limited(side, "app", self.limit),
            ):
                return ended(side("app"), [*self.enter, *rest[at + 1 :]])
        except psycopg.Error as error:
            return refused_by(error)

    @contextlib.contextmanager
    def _there(self, owner: Session, rows: Statements) -> Iterator[None]:
        """Rows that other sessions see, for as long as the block lasts."""
        import psycopg

        with owner.transaction():
            for each in (*self.enter, *rows):
                owner.execute(each.encode())
            (number,) = owner.execute("SELECT pg_current_xact_id()::xid::text").fetchone() or ("",)
        try:
            yield
        finally:
            for each in reversed(rows):
                # A row that cannot be deleted stays: the database is dropped with the comparison.
                with contextlib.suppress(psycopg.Error):
                    query = f"DELETE FROM {_target(each)} WHERE xmin::text = %s"
                    owner.execute(query.encode(), (number,))


OWN = "SELECT oid FROM pg_class WHERE relowner = current_user::regrole AND relkind IN ('r', 'p')"


def above(row: Row, own: Collection[int]) -> list[str]:
    """The INSERTs of the rows that a row refers to; those of other owners may be there already."""
    return [
        each.statement()
        + ("" if each.table.oid in own or each.there else " ON CONFLICT DO NOTHING")
        for each in row.family()
        if each is not row
    ]


def _target(statement: str) -> str:
    """The table of an INSERT, as it is written; "" for another statement."""
    words = statement.split(" ", 3)
    return words[2] if words[:2] == ["INSERT", "INTO"] else ""


def written(script: Statements) -> str:
    """A script as it is printed, a statement a line."""
    return "\n".join(each if each == UPGRADE else f"{each};" for each in script)


def _numbered(table: Table, values: Values) -> dict[int, str]:
    return {each.number: values[each.quoted] for each in table.columns if each.quoted in values}
