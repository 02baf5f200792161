"""The rows of two tenants that something is tried on: few, those that conditions ask for, and those
that equal each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gates.database.catalog_state.tables import Table
from gates.database.parsing.comparisons import compared, computed
from gates.database.parsing.met_by import read_by
from gates.database.parsing.script import Script
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.limits import tried_in_part
from gates.database.rows.make import Row
from gates.database.rows.tied import make_lower, make_tied
from gates.database.rows.twins import make_twins, undone
from gates.database.rows.wanted import make_let_through, make_wanted
from gates.records import dataclass

WORD = re.compile(r"\w+")

Rows = tuple[list[Row], list[Row]]
"""Of A and of B, each after the rows that it refers to."""


@dataclass(frozen=True)
class RowsToTry:
    """Sets of rows, the fewest first."""

    sets: tuple[Rows, ...]
    unmade: tuple[str, ...]
    """A sentence for each row of A that no row of B could be made to equal, and for what was made
    in part only."""


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
    tenants: Tenants,
    tables: Sequence[Table],
    scripts: Sequence[Script] = (),
    written: Sequence[Row] = (),
    whose: str = "",
) -> RowsToTry:
    """The rows of A and of B that something is tried on: those that they have; with them those that
    the conditions of scripts ask for, and rows of B that have what a row of A has in columns that
    are compared; with them rows of B that have all the values of A's, and of rows that are written
    of A. The further ones are made and undone: a script makes them again. `whose` scripts they are
    stands in what could not be made."""
    maker = tenants.maker
    cut: list[str] = []
    few = [rows_of(tenants, each, tables) for each in (tenants.a, tenants.b)]
    with undone(maker):
        seeds = [(tenants.a, 1), (tenants.b, 501)]
        more = make_wanted(maker, scripts, seeds, violating=False, cut=cut)
        reads = [each for script in scripts for each in read_by(script)]
        more += make_let_through(maker, reads, seeds, tenants.a, cut=cut)
        near = {table.oid for table in _named(tables, scripts)}
        mine = [each for each in more if each.tenant == tenants.a]
        like = [
            each
            for each in dict.fromkeys([*few[0], *mine, *written])
            if each.table.oid in near and not each.there
        ]
        pairs = {pair for script in scripts for pair in compared(script)}
        expressions = {pair for script in scripts for pair in computed(script)}
        more += make_tied(maker, tables, (tenants.a, tenants.b), pairs, expressions, cut, near)
        more += make_lower(maker, [each for each in tables if each.oid in near], tenants.b)
        of_a, of_b = (
            [*few[at], *(row for each in more if each.tenant == whose for row in each.family())]
            for at, whose in enumerate((tenants.a, tenants.b))
        )
        parents = [row for each in written for row in each.family()[:-1]]
        own = [*few[1], *(each for each in more if each.tenant == tenants.b)]
        twins, unmade = make_twins(maker, like, tenants.b, list(dict.fromkeys(own)))
    ways = [(few[0], few[1]), (of_a, of_b), *((of_a, each.beside(of_b)) for each in twins)]
    unlike = {
        (frozenset(a), frozenset(b)): (list(dict.fromkeys([*a, *parents])), list(dict.fromkeys(b)))
        for a, b in ways
    }
    unmade += filter(None, [tried_in_part(whose, cut)])
    return RowsToTry(tuple(unlike.values()), tuple(unmade))


def _named(tables: Sequence[Table], scripts: Sequence[Script]) -> Sequence[Table]:
    """The tables that scripts name; all where they name none."""
    words = {word for script in scripts for word in WORD.findall(script.sql)}
    return [table for table in tables if table.name in words] or tables
