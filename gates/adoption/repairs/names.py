"""Gives tables the module's prefix, and views in place of their older names."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import AFTERWARDS, Step, World, quoted, repair
from gates.database.catalog_state.tables import Table


@repair(2)
def names(world: World) -> Iterator[Step]:
    """A table without the prefix is renamed, with its indexes, constraints and sequences. In a
    database with the older module's rows a view with the rights of whoever asks keeps the older
    name. Of a released module nothing is renamed: its migrations name the older name."""
    if world.released:
        return
    for table in world.tables:
        if table.name.startswith(world.prefix):
            continue
        new = world.name_for(table.name)
        name = f"{quoted(table.schema)}.{quoted(new)}"
        yield Step(
            f"ALTER TABLE {table.qualified} RENAME TO {quoted(new)};",
            f"renames {table.name} to {new}",
        )
        yield from _parts(world, table, name, new)
        if table.partition_of is None and table.schema == "public":
            yield _view(table, name)


def _parts(world: World, table: Table, name: str, new: str) -> Iterator[Step]:
    """What has a name of its own in the schema, and would collide with another module's."""
    constraints = {
        key.partition(" on ")[0]: properties["definition"]
        for key, properties in world.new("constraint")
        if key.endswith(f" on {table.qualified}")
    }
    for part, definition in constraints.items():
        to = quoted(_part(part.strip('"'), table.name, new))
        if not definition.startswith("NOT NULL") and to != part:
            yield Step(f"ALTER TABLE {name} RENAME CONSTRAINT {part} TO {to};", f"renames {part}")
    for index, properties in world.new("index"):
        schema, _, part = index.rpartition(".")
        to = quoted(_part(part.strip('"'), table.name, new))
        if properties.get("table") == table.qualified and part not in constraints and to != part:
            yield Step(f"ALTER INDEX {schema}.{part} RENAME TO {to};", f"renames {part}")
    for sequence, properties in world.new("sequence"):
        schema, _, part = sequence.rpartition(".")
        to = quoted(_part(part.strip('"'), table.name, new))
        owner = properties.get("owned_by", "").rpartition(".")[0]
        if owner == table.qualified and to != part:
            yield Step(f"ALTER SEQUENCE {schema}.{part} RENAME TO {to};", f"renames {part}")


def _part(part: str, old: str, new: str) -> str:
    """The name of a part of a table: with the table's new name in the place of its old one."""
    if part.startswith(new):
        return part
    for begin, end in ((old, ""), (f"idx_{old}", "_idx"), (f"fk_{old}", "_fkey")):
        if part.startswith(begin):
            return f"{new}{part.removeprefix(begin)}{end}"[:63]
    return f"{new}_{part}"[:63]


def _view(table: Table, name: str) -> Step:
    """What older queries ask instead of the table."""
    old = table.qualified
    return Step(
        f"CREATE OR REPLACE VIEW {old} WITH (security_invoker = true) AS SELECT * FROM {name};\n"
        f"GRANT SELECT, INSERT, UPDATE ON {old} TO tenant_app_role;",
        f"keeps {table.name} as a view",
        AFTERWARDS,
    )
