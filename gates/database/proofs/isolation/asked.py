"""The queries for what a tenant has. Pure."""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from gates.database.catalog_state.tables import Column, Table
from gates.database.proofs.isolation.rows_to_try import WORD
from gates.database.proofs.tenants.outcomes import tenant_column
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.rows.values import quote

_CALL = re.compile(r"\w\(|CURRENT_|LOCALTIME|_USER")
"""In a default: what may give another value each time, and no constant."""


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
