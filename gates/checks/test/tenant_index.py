"""Every table has an index on (tenant_id, created_at DESC)."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.catalog_state.facts import Index
from gates.model import Finding, Stage


@check(Stage.TEST)
def tenant_index(database: Database) -> Iterator[Finding]:
    """Every table has an index on (tenant_id, created_at DESC).

    Why: every query of the platform asks for one tenant's rows, the newest first. Without this
        index each of them reads all tenants' rows and sorts them.
    Bad: ON tenant_x_runs (tenant_id, created_at); one with a WHERE clause; one that is invalid
        after CREATE INDEX CONCURRENTLY failed
    Good: CREATE INDEX IF NOT EXISTS tenant_x_runs_created_idx ON tenant_x_runs (tenant_id,
        created_at DESC)
    Fix: run the CREATE INDEX that the finding shows.
    """
    tables = database.tables("index conformance")
    if not tables:
        return
    facts = database.in_use.facts
    for table in tables:
        if table.partition_of is not None:
            continue  # has the indexes of its parent
        if table.column("tenant_id") is None or table.column("created_at") is None:
            continue  # table-columns says so
        indexes = [index for index in facts.indexes if index.table == table.oid]
        reasons = [_short_of(index) for index in indexes]
        if "" in reasons:
            continue
        near = [
            f"{index.name} {index.shown} {reason}"
            for index, reason in zip(indexes, reasons, strict=True)
            if index.columns[:1] == ("tenant_id",) and "created_at" in index.columns[:2]
        ]
        name = f"{table.name[:50]}_created_idx"
        yield tenant_index.finding(
            f"{table.name} has no index on (tenant_id, created_at DESC)"
            + (f": {'; '.join(near)}" if near else ""),
            database.place(table),
            fix=f"CREATE INDEX IF NOT EXISTS {name}\n"
            f"    ON {table.qualified} (tenant_id, created_at DESC);"
            + (" Another index of that name must be dropped first." if name in str(near) else ""),
        )


def _short_of(index: Index) -> str:
    """Why an index is not the wanted one; "" where it is."""
    if index.columns[:2] != ("tenant_id", "created_at"):
        return "begins with other columns"
    if index.method != "btree":
        return f"is a {index.method} index"
    if not index.valid:
        return "is invalid"
    if index.partial:
        return "is partial"
    if index.descending[:2] != (False, True):
        return "is in the wrong direction"
    if index.nulls_first[1:2] == (False,):
        return "puts NULL last, which ORDER BY created_at DESC cannot use"
    return ""
