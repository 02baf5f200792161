"""Whether what a statement leaves with tenant A depends on the rows of tenant B: it is run without
them and with them, past row security, and what A then has is compared."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from gates.database.catalog_state.tables import Column, Table
from gates.database.parsing.comparisons import compared
from gates.database.parsing.script import Script
from gates.database.proofs.isolation.views_and_functions import Exposed
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.replay import (
    BEFORE,
    DEPENDS,
    PSQL_PATH,
    Answer,
    claim_holds,
    run_as_printed,
)
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.rows.twins import make_tied, make_twins
from gates.database.rows.values import quote
from gates.database.rows.wanted import make_wanted
from gates.records import dataclass

if TYPE_CHECKING:
    from gates.database import Clone
    from gates.database.prepared.scratch import Scratch

WORD = re.compile(r"\w+")
_CALL = re.compile(r"\w\(|CURRENT_|LOCALTIME|_USER")
"""In a default: what may give another value each time, and no constant."""
_NOTHING = "SELECT 1"


@dataclass(frozen=True)
class Act:
    """What is done with the platform's rights."""

    exposed: Exposed
    """Its statements are ways to run it: the first that runs is the proof's."""
    sentence: str
    fix: str
    shown: str
    """Where it stands, or what the platform does."""
    harmless: str = ""
    """The error by which nothing is done at all."""


class NotRunError(Exception):
    """A statement of a script failed, with this SQLSTATE."""


@dataclass(frozen=True)
class Trial:
    """One database with the rows that statements are tried on; all is undone."""

    tenants: Tenants
    where: Clone | Scratch
    rows_of_a: Sequence[Row]
    rows_of_b: Sequence[Row]
    asks: Sequence[str]
    """What A has, as queries; the next is asked where what the last one gives is never the same."""
    limit: float
    before: Sequence[str] = ()
    """The same of what is there before the statements, where they make more."""

    def shows(self, statement: str, *, inserts: bool = False) -> str:
        """The script that shows that what A has depends on B; "" where it does not. Raises
        `NotRunError`. With `inserts`, what B's rows do on their way in counts as well."""
        for ask in self.asks:
            if not self._run(statement, ask, self.rows_of_b):
                return ""
            if not self._run(statement, ask, []):
                itself = not inserts and self._differs_by_itself()
                return "" if itself else self._script(statement, ask)
            # What A has is another each time, B or no B: then how much it has is compared.
        return ""

    def _differs_by_itself(self) -> bool:
        """Whether B's rows alone, on their way in, change what A has."""
        ask, *_ = self.before or self.asks
        return self._run(_NOTHING, ask, self.rows_of_b)

    def _run(self, statement: str, ask: str, rows_of_b: Sequence[Row]) -> bool:
        """Whether a script shows it. As printed but for the rows, which come all at once."""
        import psycopg

        self.tenants.attempts += 1
        session = self.where.workspace.connect(self.where.name, search_path=PSQL_PATH)
        answers: list[Answer] = []
        with contextlib.closing(session):
            for rows, rest in self._steps(statement, ask, rows_of_b):
                try:
                    session.execute(rows.encode())
                except psycopg.Error as failed:
                    raise NotRunError(failed.sqlstate or "") from failed
                answers += run_as_printed(session, rest, self.limit)
        if error := next((each.error for each in answers if each.error), ""):
            raise NotRunError(error)
        return claim_holds(answers, self.tenants.a, self.tenants.b)

    def _steps(
        self, statement: str, ask: str, rows_of_b: Sequence[Row]
    ) -> Iterator[tuple[str, str]]:
        """Rows, and what is done with them: without B's and with them."""
        without = ["BEGIN;", *self.tenants.made(self.rows_of_a), "SAVEPOINT without_rows;"]
        yield "\n".join(without), f"{statement};\n{ask};  -- {BEFORE}"
        rows = ["ROLLBACK TO without_rows;", *self.tenants.made(rows_of_b)]
        yield "\n".join(rows), f"{statement};\n{ask};  -- {DEPENDS}"

    def _script(self, statement: str, ask: str) -> str:
        """The statement and what A then has, without B's rows and with them."""
        steps = self._steps(statement, ask, self.rows_of_b)
        return "\n".join([*(part for step in steps for part in step), "ROLLBACK;"])


def rows_of(tenants: Tenants, tenant: str, tables: Sequence[Table]) -> list[Row]:
    """A tenant's row in each table of the platform and of the module, after those it refers to."""
    own = {table.oid for table in tables}
    maker = tenants.maker
    return list(
        dict.fromkeys(
            row
            for (oid, of), made in maker.made.items()
            if of == tenant and (oid in own or oid not in maker.own_tables)
            for row in made.family()
        )
    )


def rows_to_try(
    tenants: Tenants, tables: Sequence[Table], scripts: Sequence[Script] = ()
) -> list[tuple[list[Row], list[Row]]]:
    """The rows of A and of B that something is tried on, the fewest first: those that they have;
    with them those that the conditions of scripts ask for, and rows of B that have what a row of A
    has in columns that are compared; with them rows of B that have all the values of A's. The
    further ones are made and undone: a script makes them again."""
    maker = tenants.maker
    few = [rows_of(tenants, each, tables) for each in (tenants.a, tenants.b)]
    with maker.own.transaction(force_rollback=True):
        seeds = [(tenants.a, 1), (tenants.b, 501)]
        wanted = make_wanted(maker, scripts, seeds, violating=False)
        of_a = [*few[0], *(each for each in wanted if each.tenant == tenants.a)]
        of_b = [*few[1], *(each for each in wanted if each.tenant == tenants.b)]
        near = {table.oid for table in _named(tables, scripts)}
        like = [each for each in dict.fromkeys(of_a) if each.table.oid in near and not each.there]
        pairs = {pair for script in scripts for pair in compared(script)}
        for each in make_tied(maker, tables, (tenants.a, tenants.b), pairs):
            (of_a if each.tenant == tenants.a else of_b).append(each)
        twins = make_twins(maker, like, tenants.b)
    ways = [(few[0], few[1]), (of_a, of_b), (of_a, [*of_b, *twins])]
    unlike = {tuple(map(len, each)): each for each in ways}
    return [(list(dict.fromkeys(a)), list(dict.fromkeys(b))) for a, b in unlike.values()]


def _named(tables: Sequence[Table], scripts: Sequence[Script]) -> Sequence[Table]:
    """The tables that scripts name; all where they name none."""
    words = {word for script in scripts for word in WORD.findall(script.sql)}
    return [table for table in tables if table.name in words] or tables


def shown_by(trials: Sequence[Trial], statement: str, *, inserts: bool = False) -> str:
    """The script of the first trial that shows it; "" where none does: fewer rows show what more
    hide, and the other way round. Raises `NotRunError` where the statement runs over none's."""
    errors = []
    for trial in trials:
        try:
            if script := trial.shows(statement, inserts=inserts):
                return script
        except NotRunError as error:
            errors.append(error)
    if len(errors) == len(trials):
        raise errors[0]
    return ""


def asked(tenants: Tenants, tables: Sequence[Table], own: Collection[str]) -> tuple[str, str]:
    """Queries for A's rows in tables, and for how many it has. Columns that PostgreSQL numbers or
    computes are left out of the rows; what functions of the module's `own` fill is not."""
    values, counts = [], []
    for table in (each for each in tables if each.tenant is not None):
        filled = [each.name for each in table.columns if _filled(each, own)]
        left_out = f" - ARRAY[{', '.join(map(quote, filled))}]" if filled else ""
        mine = f"WHERE r.{tenant_column(table)} = {quote(tenants.a)}"
        values.append(
            f"SELECT {quote(table.name)}, (to_jsonb(r){left_out})::text FROM {table.qualified} AS r"
            f" {mine}"
        )
        counts.append(f"SELECT {quote(table.name)}, count(*) FROM {table.qualified} AS r {mine}")
    return " UNION ALL ".join(values), " UNION ALL ".join(counts)


def _filled(column: Column, own: Collection[str]) -> bool:
    default = column.default or ""
    return bool(column.identity) or (
        _CALL.search(default) is not None and set(own).isdisjoint(WORD.findall(default))
    )
