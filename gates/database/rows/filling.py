"""Puts rows of two tenants into every table of a module."""

from __future__ import annotations

from gates.database import Database
from gates.database.bench import Bench
from gates.database.isolation.tenants import A, B
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.schema.tables import read_tables


def fill(database: Database, bench: Bench, *, but: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Make a row for each of two tenants in each table of the module that a database has, except
    those whose qualified names are in `but`.

    Returns one sentence for each table that got none.
    """
    unfilled: list[str] = []
    owner, admin = bench.session("owner"), bench.session("admin")
    tables = read_tables(admin)
    own = [each for each in tables.values() if each.qualified not in database.platform_tables]
    maker = Maker(owner, admin, tables, frozenset(table.oid for table in own))
    for table in (each for each in own if each.qualified not in but):
        for tenant, seed in ((A, 1), (B, 501)):
            try:
                maker.first(table, tenant, seed)
            except NoRowError as error:
                unfilled.append(error.message)
    return tuple(dict.fromkeys(unfilled))
