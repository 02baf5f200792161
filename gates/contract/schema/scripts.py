"""Scripts about rows that a database refuses, alone or together; made when somebody asks."""

# ruff: noqa: S608 - names are quoted by the server; what is run is undone
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gates.contract.schema.pair import Pair, shown
from gates.contract.schema.witness import Statements


def inserted(
    pair: Pair,
    table: str,
    values: Mapping[str, str] | None = None,
    *,
    without: str = "",
    suffix: str = "",
) -> Iterator[Statements | None]:
    """A row of a table, with some values or without a column; `suffix` ends its INSERT."""
    yield pair.runs.rows(table, values, without=without, suffix=suffix)


def given(pair: Pair, owner: str, values: Mapping[str, str]) -> Iterator[Statements | None]:
    """A row of a table with some values, or a value of a domain."""
    if f"type {owner}" in pair.old.objects:
        yield [f"SELECT ({values.get('VALUE', 'NULL')})::{shown(owner)}"]
    else:
        yield pair.runs.rows(owner, values)


def twice(
    pair: Pair, table: str, same: Iterable[str], before: Iterable[str] = ()
) -> Iterator[Statements]:
    """Two rows that are equal in some columns, one after the other."""
    twins = pair.runs.twins(table, same)
    if twins is not None:
        one, other = twins
        yield [*before, *pair.runs.above(one), one.statement(), other.statement()]


def unlike_in_the_end(
    pair: Pair, table: str, same: Iterable[str], before: Iterable[str]
) -> Iterator[Statements]:
    """Two rows in conflict, of which the second goes before the transaction ends."""
    name = shown(table)
    for script in twice(pair, table, same, before):
        yield [
            *script,
            f"DELETE FROM {name} WHERE ctid = (SELECT max(ctid) FROM {name})",
            "SET CONSTRAINTS ALL IMMEDIATE",
        ]
