"""Gives tables the columns of the standard."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, repair
from gates.database.catalog_state.tables import Column, Table

_NOW = frozenset({"now()", "CURRENT_TIMESTAMP", "transaction_timestamp()", "statement_timestamp()"})
_STANDARD = (
    ("created_at", "timestamptz", " NOT NULL DEFAULT now()", "now()"),
    ("updated_at", "timestamptz", "", ""),
    ("version", "integer", " NOT NULL DEFAULT 1", "1"),
)


@repair(30)
def columns(world: World) -> Iterator[Step]:
    """created_at, updated_at and version, with their types and defaults. A time without zone is
    taken for UTC; a column `version` that counts nothing stays for its author."""
    for table in (each for each in world.tables if each.partition_of is None):
        for name, type_, rest, default in _STANDARD:
            column = table.column(name)
            if column is None:
                add = f"ADD COLUMN IF NOT EXISTS {name} {type_}{rest};"
                yield Step(
                    f"ALTER TABLE {table.qualified} {add}",
                    f"adds {name} to {table.name}",
                    back=f"ALTER TABLE {table.qualified} DROP COLUMN IF EXISTS {name};",
                )
            elif column.generated is None:
                yield from _corrected(table, column, type_, default)
        if world.snapshot.objects[f"table {table.qualified}"].get("persistence") == "unlogged":
            yield Step(f"ALTER TABLE {table.qualified} SET LOGGED;", f"logs {table.name}")


def _corrected(table: Table, column: Column, type_: str, default: str) -> Iterator[Step]:
    change = f"ALTER TABLE {table.qualified} ALTER COLUMN {column.quoted}"
    undo = f"ALTER TABLE {table.qualified} ALTER COLUMN {column.quoted}"
    what = f"of {table.name}"
    given = column.default or ""
    if type_ == "timestamptz" and column.type != "timestamp with time zone":
        # its default is of the older type, and is set again below
        yield Step(
            f"{change} DROP DEFAULT;\n{change} TYPE timestamptz"
            f" USING {column.quoted}::timestamp AT TIME ZONE 'UTC';",
            f"gives {column.name} {what} a time zone",
        )
        given = ""
    elif type_ == "integer" and column.type in {"bigint", "smallint"}:
        yield Step(f"{change} TYPE integer;", f"makes {column.name} {what} an integer")
    if not default:
        if column.not_null and column.default is None:
            yield Step(
                f"{change} DROP NOT NULL;", f"lets {column.name} {what} be empty",
                back=f"{undo} SET NOT NULL;",
            )  # fmt: skip
        return
    if given != default and not (default == "now()" and given in _NOW):
        old = f"SET DEFAULT {given}" if given else "DROP DEFAULT"
        yield Step(
            f"{change} SET DEFAULT {default};", f"gives {column.name} {what} its default",
            back=f"{undo} {old};",
        )  # fmt: skip
    if not column.not_null:
        yield Step(
            f"UPDATE {table.qualified} SET {column.quoted} = {default}"
            f" WHERE {column.quoted} IS NULL;\n{change} SET NOT NULL;",
            f"fills {column.name} {what}",
            back=f"{undo} DROP NOT NULL;",
        )
