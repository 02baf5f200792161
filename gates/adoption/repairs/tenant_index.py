"""Gives tables the index that every query of the platform uses."""

from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, quoted, repair
from gates.database.catalog_state.facts import Index


@repair(62)
def tenant_index(world: World) -> Iterator[Step]:
    """An index on (tenant_id, created_at DESC)."""
    for table in (each for each in world.tables if each.partition_of is None):
        if table.tenant is None or table.column("created_at") is None:
            continue
        if any(_fits(each) for each in world.facts.indexes if each.table == table.oid):
            continue
        name = f"{table.name[:50]}_newest"
        yield Step(
            f"CREATE INDEX IF NOT EXISTS {quoted(name)}\n"
            f"    ON {table.qualified} (tenant_id, created_at DESC);",
            f"adds the index {name}",
            back=f"DROP INDEX IF EXISTS {quoted(table.schema)}.{quoted(name)};",
        )


def _fits(index: Index) -> bool:
    return (
        index.method == "btree" and index.valid and not index.partial
        and index.columns[:2] == ("tenant_id", "created_at")
        and index.descending[:2] == (False, True) and index.nulls_first[1:2] == (True,)
    )  # fmt: skip
