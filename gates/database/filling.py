"""Puts rows of two tenants into every table of a module."""

from __future__ import annotations

from gates.database import Database
from gates.database.core import Clone
from gates.database.rows import Maker
from gates.database.solve import NoRowError
from gates.database.tables import read_tables
from gates.database.tenants import A, B


def fill(database: Database, clone: Clone) -> tuple[str, ...]:
    """Make a row for each of two tenants in each table of the module that a clone has.

    Returns one sentence for each table that got none.
    """
    unfilled: list[str] = []
    with clone.connect("owner") as owner, clone.connect() as admin:
        tables = read_tables(admin)
        known = database.platform_tables
        own = [table for table in tables.values() if table.qualified not in known]
        maker = Maker(owner, admin, tables, frozenset(table.oid for table in own))
        for table in own:
            for tenant, seed in ((A, 1), (B, 501)):
                try:
                    maker.first(table, tenant, seed)
                except NoRowError as error:
                    unfilled.append(error.message)
    return tuple(dict.fromkeys(unfilled))
