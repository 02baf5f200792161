"""Whether what a statement leaves with tenant A depends on the rows of tenant B: it is run without
them and with them, past row security, and what A then has is compared."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.database.catalog_state.tables import Column, Table
from gates.database.proofs.isolation.views_and_functions import Exposed
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.replay import (
    BEFORE,
    DEPENDS,
    PSQL_PATH,
    claim_holds,
    run_as_printed,
)
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.make import Row
from gates.database.rows.values import quote

if TYPE_CHECKING:
    from gates.database import Clone
    from gates.database.prepared.scratch import Scratch

WORD = re.compile(r"\w+")


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

    def shows(self, statement: str) -> str:
        """The script that shows that what A has depends on B; "" where it does not. Raises
        `NotRunError`."""
        for ask in self.asks:
            script = self._script(statement, ask, self.rows_of_b)
            if not self._run(script):
                return ""
            if not self._run(self._script(statement, ask, [])):
                return script
            # What A has is another each time, B or no B: then how much it has is compared.
        return ""

    def _run(self, script: str) -> bool:
        self.tenants.attempts += 1
        session = self.where.workspace.connect(self.where.name, search_path=PSQL_PATH)
        with contextlib.closing(session):
            answers = run_as_printed(session, script, self.limit)
        if error := next((each.error for each in answers if each.error), ""):
            raise NotRunError(error)
        return claim_holds(answers, self.tenants.a, self.tenants.b)

    def _script(self, statement: str, ask: str, rows_of_b: Sequence[Row]) -> str:
        """The statement and what A then has, without B's rows and with them."""
        return "\n".join(
            [
                "BEGIN;",
                *self.tenants.made(self.rows_of_a),
                "SAVEPOINT without_rows;",
                f"{statement};",
                f"{ask};  -- {BEFORE}",
                "ROLLBACK TO without_rows;",
                *self.tenants.made(rows_of_b),
                f"{statement};",
                f"{ask};  -- {DEPENDS}",
                "ROLLBACK;",
            ]
        )


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


def asked(tenants: Tenants, tables: Sequence[Table], own: Collection[str]) -> tuple[str, str]:
    """Queries for A's rows in tables, and for how many it has. Columns that PostgreSQL fills by
    itself are left out of the rows; what functions of the module's `own` fill is not."""
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
    default = column.default
    return bool(column.identity) or (
        default is not None and set(own).isdisjoint(WORD.findall(default))
    )
