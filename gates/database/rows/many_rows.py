"""Fills tables with thousands of rows: one row that is made to fit, then multiplied by the server.

Columns of unique keys must differ from row to row. Which ones may, nobody says: several choices are
tried, from the most natural to the most far-fetched, and the server accepts one of them or none.
A table of the module is filled by its owner, never by an administrator: defaults, checks and
triggers are the module's code. Triggers are switched off meanwhile, where a row does without them.
"""

# ruff: noqa: S608 - names are quoted by the server, expressions are ours or the row maker's
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from gates.database.catalog_state.tables import Reference, Table
from gates.database.rows.make import Maker, Row
from gates.database.rows.series import varying
from gates.database.rows.solve import NoRowError, numbered_by_server
from gates.errors import CouldNotCheckError
from gates.records import dataclass, field

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_LEAST = 100
"""Rows that a partition gets at least."""
TENANT = "c0570000-0000-4000-8000-000000000001"
"""Whose all rows are, unless a unique key needs a tenant for each."""


@dataclass
class Multiplier:
    """Fills tables of one database up to a number of rows. Not for several threads."""

    maker: Maker
    rows: int
    filled: dict[int, str] = field(default_factory=dict)
    """What came of each table by oid: "" or why it has not got its rows."""

    def fill(self, tables: Iterable[Table]) -> dict[int, str]:
        """Fill each table that is no partition. Partitions get their rows through their parent;
        those that got none get a share of their own.

        Returns, by oid, one sentence for each table or partition that could not be filled.
        """
        wanted = [table for table in tables if table.partition_of is None]
        for table in wanted:
            self._fill_once(table)
        leaves = [leaf for table in wanted if table.partitioned for leaf in self._leaves(table)]
        there = counts(self.maker.own, {leaf.oid: leaf for leaf in leaves})
        for leaf in leaves:
            if not there.get(leaf.oid):
                self._fill_once(leaf, max(_LEAST, self.rows // len(leaves)))
        wanted += leaves
        if wanted:
            names = ", ".join(table.qualified for table in wanted)
            self.maker.own.execute(f"ANALYZE {names}")
        return {table.oid: why for table in wanted if (why := self.filled.get(table.oid))}

    def _leaves(self, table: Table) -> Iterator[Table]:
        for part in self.maker.tables.values():
            if part.partition_of == table.oid:
                yield from self._leaves(part) if part.partitioned else (part,)

    def _fill_once(self, table: Table, count: int = 0) -> None:
        if table.oid in self.filled:
            return
        self.filled[table.oid] = ""  # ends cycles of references
        try:
            row = self.maker.first(table, TENANT, 1)
            self._multiply(row, count or self.rows)
        except CouldNotCheckError as error:
            self.filled[table.oid] = error.message

    def _multiply(self, row: Row, count: int) -> None:
        own = row.table.oid in self.maker.own_tables
        session = self.maker.own if own else self.maker.platform
        statements = list(dict.fromkeys(self._statements(row, count)))
        if not statements:
            self._give_up(row.table, count, "no column of its unique keys can be varied")
        triggers = self._triggers(row.table) if own else []
        self._switch(row.table, [(name, "DISABLE") for name, _ in triggers])
        try:
            problem = self._insert_one_of(session, statements, count)
        finally:
            self._switch(row.table, triggers)
        if problem and triggers:  # a row may need what they do
            problem = self._insert_one_of(session, statements, count)
        if problem:
            self._give_up(row.table, count, problem)

    @staticmethod
    def _give_up(table: Table, count: int, problem: str) -> NoReturn:
        raise NoRowError(f"{table.label} could not be filled with {count:,} rows: {problem}")

    def _insert_one_of(self, session: Session, statements: list[str], count: int) -> str:
        """Run the first statement that the server accepts; "", or why the last one failed."""
        import psycopg

        problem = ""
        for statement in statements:
            try:
                with session.transaction() as block:
                    inserted = session.execute(statement).rowcount
                    if inserted == count - 1:
                        return ""
                    problem = f"{inserted + 1:,} is all that there may be"
                    raise psycopg.Rollback(block)
            except psycopg.Error as error:
                problem = error.diag.message_primary or str(error)
        return problem

    def _triggers(self, table: Table) -> list[tuple[str, str]]:
        """Quoted names of the triggers that would fire for each row, and how each is enabled."""
        return self.maker.own.execute(
            "SELECT pg_catalog.quote_ident(t.tgname), CASE t.tgenabled WHEN 'A' THEN"
            " 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END"
            " FROM pg_catalog.pg_trigger t"
            " WHERE t.tgrelid OPERATOR(pg_catalog.=) %s::pg_catalog.oid"
            " AND NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'::\"char\"",
            (table.oid,),
        ).fetchall()

    def _switch(self, table: Table, triggers: list[tuple[str, str]]) -> None:
        if triggers:
            actions = ", ".join(f"{how} TRIGGER {name}" for name, how in triggers)
            self.maker.own.execute(f"ALTER TABLE {table.qualified} {actions}")

    def _statements(self, row: Row, count: int) -> Iterator[str]:
        for chosen in self._choices(row):
            if self._unique(row.table, chosen):
                yield self._insert(row, chosen, count)

    def _choices(self, row: Row) -> Iterator[set[int]]:
        """Sets of columns to vary: all that nothing speaks against, keys alone, the tenant too,
        references too, and at last what CHECK rules and partitions depend on."""
        table = row.table
        keyed = {number for key in table.keys for number in key.columns}
        referring = {number for each in table.references for number in each.columns}
        bound = {number for rule in table.checks for number in rule.columns}
        bound |= set(table.partition_key) | _ruled(table)
        tenant = {table.tenant.number} if table.tenant else set()
        can = {number for number in row.values if self._expression(table, number)}
        free = can - referring - bound - tenant
        yield free
        yield free & keyed
        yield free | (tenant & can - referring)
        yield free | referring & keyed
        yield (free & keyed) | referring
        yield (can & keyed) | referring
        yield can | referring

    def _unique(self, table: Table, chosen: set[int]) -> bool:
        given = {
            column.number
            for column in table.columns
            if numbered_by_server(column) or column.generated is not None
        }
        return all(set(key.columns) & (chosen | given | {0}) for key in table.keys)

    def _expression(self, table: Table, number: int) -> str | None:
        column = table.by_number[number]
        kind = self.maker.types.get(column.type_oid)
        while kind.kind == "d":
            kind = self.maker.types.get(kind.base)
            inner = varying(kind.name, kind.shown)
            if kind.kind != "d":
                return f"({inner})::{column.type}" if inner else None
        return varying(kind.name, column.type)

    def _insert(self, row: Row, chosen: set[int], count: int) -> str:
        table = row.table
        values: dict[int, str] = {
            number: expression
            for number, expression in row.values.items()
            if not numbered_by_server(table.by_number[number])
            and table.by_number[number].generated is None
        }
        sources = [f"generate_series(1, {count - 1}) AS g(i)"]
        taken: set[int] = set()
        for at, reference in enumerate(table.references):
            if set(reference.columns) & chosen and not set(reference.columns) & taken:
                sources.append(self._parents(row, reference, at))
                for position, number in enumerate(reference.columns):
                    values[number] = f"p{at}.c{position}"
                taken |= set(reference.columns)
        for number in chosen - taken:
            if number in values and (varied := self._expression(table, number)):
                values[number] = varied
        if not values:
            names, picks = "", ""
            return f"INSERT INTO {table.qualified} SELECT FROM {sources[0]}"
        columns = [table.by_number[number] for number in sorted(values)]
        names = ", ".join(column.quoted for column in columns)
        picks = ", ".join(values[column.number] for column in columns)
        overriding = " OVERRIDING SYSTEM VALUE" if any(each.identity for each in columns) else ""
        given = " CROSS JOIN ".join(sources[:1]) + "".join(f" JOIN {each}" for each in sources[1:])
        return f"INSERT INTO {table.qualified} ({names}){overriding} SELECT {picks} FROM {given}"

    def _parents(self, row: Row, reference: Reference, at: int) -> str:
        """The rows of a referenced table but that of `row`, numbered: row i refers to row i."""
        target = self.maker.tables[reference.target]
        self._fill_once(target)
        picks = ", ".join(
            f"{target.by_number[number].quoted} AS c{position}"
            for position, number in enumerate(reference.target_columns)
        )
        others = " OR ".join(
            f"{target.by_number[there].quoted} IS DISTINCT FROM {row.values.get(here, 'NULL')}"
            for here, there in zip(reference.columns, reference.target_columns, strict=True)
        )
        numbered = f"SELECT {picks}, row_number() OVER () AS n FROM {target.qualified}"
        return f"({numbered} WHERE {others}) AS p{at} ON p{at}.n = g.i"


def _ruled(table: Table) -> set[int]:
    """The columns that decide whether a row belongs to a partition."""
    rule = table.partition_rule or ""
    return {
        column.number
        for column in table.columns
        if re.search(rf"(?<![\w\"]){re.escape(column.quoted)}(?![\w\"])", rule)
    }


def counts(session: Session, tables: Mapping[int, Table]) -> dict[int, int]:
    """How many rows each table stores itself, by oid; a partitioned table stores none."""
    stored = [table for table in tables.values() if not table.partitioned]
    if not stored:
        return {}
    parts = [f"SELECT {table.oid}, count(*) FROM ONLY {table.qualified}" for table in stored]
    return dict(session.execute(" UNION ALL ".join(parts)).fetchall())
