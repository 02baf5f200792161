"""Rows that a table's policies may let another tenant have: what their conditions ask for, and what
the functions that they call name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.parsing.let_through import let_through
from gates.database.proofs.isolation.rows_to_try import WORD
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.limits import first_of, tried_in_part
from gates.database.rows.literals import literals_of
from gates.database.rows.make import Row, Wish
from gates.database.rows.other_values import changeable
from gates.database.rows.solve import NoRowError
from gates.database.rows.wanted import make_let_through
from gates.database.shapes.deviation import Definitions
from gates.database.tenant_session import organization_of, quote, user_of

_SEED, _STEP = 301, 2
MOST_MET = 40
"""Rows that are made for the functions of one table's policies, of each kind."""
_LONGEST = 60
"""Characters of a constant that a row is made with."""


def add_met_rows(
    tenants: Tenants, table: Table, policies: Sequence[RowPolicy], definitions: Definitions
) -> str:
    """Rows of A and B that meet the conditions of a table's policies, one by one, in a session of
    A; first those of the policies that let rows in. Returns a sentence where they are too many."""
    own = [each for each in policies if each.table == table.oid]
    adding = [each.check or each.using for each in own if each.command in {"ALL", "INSERT"}]
    texts = dict.fromkeys(each for each in (*adding, *(p.using for p in own)) if each)
    a = tenants.a
    named = " ".join(texts)
    functions = definitions.around(named).removeprefix(named)
    hints = " ".join([functions, *map(quote, (a, user_of(a), organization_of(a)))])
    wanted = [each for text in texts for each in let_through(table.qualified, text)]
    seeds = [(a, 1), (tenants.b, 501)]
    cut: list[str] = []
    met = make_let_through(tenants.maker, wanted, seeds, a, hints, cut)
    if functions:
        met += _naming(tenants, table, functions, cut)
        met += _tied(tenants, table, functions, cut)
    tenants.met[table.oid] = met
    return tried_in_part(f"the policies of {table.name}", cut)


def _naming(tenants: Tenants, table: Table, functions: str, cut: list[str]) -> Iterator[Row]:
    """Rows of B with a constant of a function in each column that takes it."""
    constants = [each for each in literals_of(functions).texts if 0 < len(each) <= _LONGEST]
    columns = [
        column
        for column in changeable(tenants.maker, table)
        if (kind := tenants.maker.types.get(column.type_oid)).category == "S" or kind.kind == "e"
        if column.name in functions
    ]
    ways = [(each, text) for text in constants for each in columns]
    some = first_of(ways, MOST_MET, "constants of their functions, by column,", cut)
    for number, (column, text) in enumerate(some):
        value = {column.number: f"{quote(text)}::{column.type}"}
        # A row that its table refuses meets no condition of it.
        with contextlib.suppress(NoRowError):
            yield tenants.maker.make(
                table, tenants.b, _SEED + 500 + _STEP * number, Wish(None, value)
            )


def _tied(tenants: Tenants, table: Table, functions: str, cut: list[str]) -> Iterator[Row]:
    """Rows of A, in tables that a function names, that have a value of B's row."""
    _, other = tenants.rows(table)
    words = set(WORD.findall(functions))
    maker = tenants.maker
    tables = [maker.tables[oid] for oid in maker.own_tables if oid != table.oid]
    ways = [
        (each, column.number, other.values[mine.number])
        for each in tables
        if each.name in words
        for column in changeable(maker, each)
        if column.name in words
        for mine in table.columns
        if mine is not table.tenant
        and mine.type_oid == column.type_oid
        and mine.number in other.values
    ]
    some = first_of(ways, MOST_MET, "columns that their functions name, by value,", cut)
    for number, (each, column, value) in enumerate(some):
        # As above.
        with contextlib.suppress(NoRowError):
            yield maker.make(each, tenants.a, _SEED + _STEP * number, Wish(None, {column: value}))
