"""Asks the server which of many values, or combinations of values, meet a rule.

A value that makes the rule fail with an error is refused like one that it says no to: what fails is
halved until the rest answers.
"""

# ruff: noqa: S608 - names and rules come from the server's own catalog or a migration's own text
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.records import dataclass, replace

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_MOST_QUERIES = 600
"""For one search: what fails everywhere is given up."""
ENOUGH = 8
"""Combinations that are wanted."""


@dataclass(frozen=True)
class Given:
    """A column (its quoted name) with the expressions that may be its value, the best first."""

    name: str
    type: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Computed:
    """A generated column: its quoted name and expression."""

    name: str
    expression: str


def accepted(session: Session, given: Given, tests: Sequence[str]) -> list[str]:
    """The options of one column that its type takes and that meet every test, in their order."""
    search = _Search(session, tests, "", ())
    return [given.options[at] for (at,) in sorted(search.found((given,), None))]


def combinations(
    session: Session,
    given: Sequence[Given],
    tests: Sequence[str],
    *,
    computed: Sequence[Computed] = (),
    alias: str = "",
) -> list[tuple[int, ...]]:
    """The best few combinations that meet every test, as places in each column's options.

    The best has the lowest places. Tests may call the columns by an `alias` of their table.
    """
    found = _Search(session, tests, alias, computed).found(tuple(given), ENOUGH)
    return sorted(found, key=lambda each: (sum(each), each))[:ENOUGH]


def evaluated(session: Session, given: Sequence[Given], expression: str) -> str | None:
    """What an expression of columns gives for the first option of each, as text; None for NULL and
    where it fails."""
    import psycopg

    listed = ", ".join(f"({each.options[0]})::{each.type} AS {each.name}" for each in given)
    try:
        with session.transaction():
            query = f"SELECT ({expression})::text FROM (SELECT {listed}) AS gates_row"
            row = session.execute(query.encode()).fetchone()
    except psycopg.Error:
        return None
    return row[0] if row else None


@dataclass
class _Search:
    session: Session
    tests: Sequence[str]
    alias: str
    computed: Sequence[Computed]
    left: int = _MOST_QUERIES

    def found(self, given: tuple[Given, ...], most: int | None) -> list[tuple[int, ...]]:
        """What is accepted; of what fails, what its halves accept."""
        numbered = [(each, tuple(range(len(each.options)))) for each in given]
        return self._halved(numbered, most)

    def _halved(
        self, given: list[tuple[Given, tuple[int, ...]]], most: int | None
    ) -> list[tuple[int, ...]]:
        import psycopg

        if self.left <= 0 or not all(places for _, places in given):
            return []
        self.left -= 1
        try:
            with self.session.transaction():
                rows = self.session.execute(self._query(given, most)).fetchall()
        except psycopg.errors.QueryCanceled:
            raise
        except psycopg.Error:
            longest = max(range(len(given)), key=lambda at: len(given[at][1]))
            column, places = given[longest]
            if len(places) == 1:
                return []
            found: list[tuple[int, ...]] = []
            for half in (places[: len(places) // 2], places[len(places) // 2 :]):
                if most is None or len(found) < most:
                    found += self._halved(
                        [*given[:longest], (column, half), *given[longest + 1 :]], most
                    )
            return found
        return [tuple(row) for row in rows]

    def _query(self, given: list[tuple[Given, tuple[int, ...]]], most: int | None) -> str:
        sources, names = [], []
        for at, (column, places) in enumerate(given):
            listed = ", ".join(f"({n}, ({column.options[n]})::{column.type})" for n in places)
            sources.append(f"(VALUES {listed}) AS gates_o{at}(gates_n{at}, gates_v{at})")
            names.append(f"gates_v{at} AS {column.name}")
        inner = f"SELECT {', '.join(names)}"
        if self.computed:
            more = ", ".join(f"({each.expression}) AS {each.name}" for each in self.computed)
            inner = f"SELECT *, {more} FROM ({inner}) AS gates_g"
        alias = self.alias or "gates_row"
        picks = ", ".join(f"gates_n{at}" for at in range(len(given)))
        order = " + ".join(f"gates_n{at}" for at in range(len(given)))
        where = " AND ".join(self.tests) or "true"
        limit = "" if most is None else f" ORDER BY {order}, {picks} LIMIT {most}"
        rows = " CROSS JOIN ".join(sources)
        # Each value is asked for, so that none that its type refuses is passed over.
        made = " AND ".join(f"num_nulls(gates_v{at}) >= 0" for at in range(len(given)))
        return (
            f"SELECT {picks} FROM {rows} CROSS JOIN LATERAL ({inner}) AS {alias}"
            f" WHERE {made} AND {where}{limit}"
        )


def shortened(given: Sequence[Given], most: int) -> list[Given]:
    """Columns with fewer options, so that there are at most so many combinations."""
    sizes = [len(each.options) for each in given]
    product = 1
    for size in sizes:
        product *= size
    while product > most:
        at = sizes.index(max(sizes))
        product = product // sizes[at] * (sizes[at] - 1)
        sizes[at] -= 1
    return [
        replace(each, options=each.options[:size]) for each, size in zip(given, sizes, strict=True)
    ]
