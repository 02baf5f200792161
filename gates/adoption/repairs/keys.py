"""Lets primary keys and unique keys carry the tenant."""

from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, quoted, repair
from gates.database.catalog_state.tables import Table


@repair(40)
def keys(world: World) -> Iterator[Step]:
    """The primary key is (tenant_id, id), or with the partition key; a unique key begins with
    tenant_id. Without it, a tenant learns from the refusal that another has the value."""
    if world.released:
        return
    for table in world.tables:
        if table.partition_of is not None or table.tenant is None or table.column("id") is None:
            continue
        yield from _primary(table)
        yield from _unique(world, table)


def _primary(table: Table) -> Iterator[Step]:
    key = table.primary
    parts = [table.by_number[number] for number in table.partition_key if number]
    wanted = ["tenant_id", "id", *(each.quoted for each in parts if each.name not in _KEY)]
    alter = f"ALTER TABLE {table.qualified}"
    if key is None:
        name = quoted(f"{table.name[:58]}_pkey")
        yield Step(
            f"{alter} ADD CONSTRAINT {name} PRIMARY KEY ({', '.join(wanted)});",
            f"gives {table.name} a primary key",
        )
        return
    names = [table.by_number[number].name for number in key.columns]
    if "tenant_id" in names and "id" in names and set(names) <= {*wanted}:
        return
    name = quoted(key.name)
    yield Step(
        f"{alter} DROP CONSTRAINT {name};\n"
        f"{alter} ADD CONSTRAINT {name} PRIMARY KEY ({', '.join(wanted)});",
        f"lets the primary key of {table.name} carry the tenant",
    )
    others = [each for each in names if each not in ("id", "tenant_id")]
    if others and "id" not in names:
        kept = quoted(f"{table.name}_{'_'.join(others)}_key"[:63])
        columns = ", ".join(quoted(each) for each in others)
        yield Step(
            f"{alter} ADD CONSTRAINT {kept} UNIQUE (tenant_id, {columns});",
            f"keeps the older key of {table.name} unique",
        )


_KEY = ("tenant_id", "id")


def _unique(world: World, table: Table) -> Iterator[Step]:
    definitions = dict(world.snapshot.of("constraint"))
    for key in table.keys:
        names = [table.by_number[n].name if n else "" for n in key.columns]
        if key.primary or "tenant_id" in names:
            continue
        name = quoted(key.name)
        what = f"lets {key.name} carry the tenant"
        constraint = definitions.get(f"{name} on {table.qualified}")
        if constraint is not None:
            text = constraint["definition"].replace("(", "(tenant_id, ", 1)
            alter = f"ALTER TABLE {table.qualified}"
            yield Step(
                f"{alter} DROP CONSTRAINT {name};\n{alter} ADD CONSTRAINT {name} {text};", what
            )
            continue
        index = f"{quoted(table.schema)}.{name}"
        text = world.snapshot.objects[f"index {index}"]["definition"]
        text = text.replace(" (", " (tenant_id, ", 1)
        yield Step(f"DROP INDEX {index};\n{text};", what)
