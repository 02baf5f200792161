"""The tables of module.json are those that the migrations leave."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.TEST)
def tables_declared(module: Module, database: Database) -> Iterator[Finding]:
    """The tables of module.json are those that the migrations leave.

    Looked at is the database after every migration has run: tables that DO blocks or dynamic SQL
    create count, and tables that a later migration drops or renames do not. Partitions belong to
    their table and are not listed.

    Why: the catalog keeps this list; retention, export and deletion of a tenant go by it. A table
        that it does not have keeps a tenant's rows for ever.
    Bad: a migration that creates tenant_x_runs, and no "tenant_x_runs" in database_tables
    Good: `"database_tables": ["tenant_x_rules", "tenant_x_runs"]`, and both are there
    Fix: correct database_tables, or the migration.
    """
    from gates.contract.declared.entries import entries_by, whole_text

    document = module.require_manifest()
    listed = entries_by(document, whole_text, "database_tables")
    tables = database.tables("declared tables")
    partitions = {table.name for table in tables if table.partition_of is not None}
    whole = {table.name: table for table in tables if table.partition_of is None}
    for name, entry in listed.items():
        if name in partitions:
            yield tables_declared.finding(
                f"{name} is a partition, which belongs to its table",
                entry.at(),
                fix="remove it; the partitioned table stands for it",
            )
        elif name not in whole:
            yield tables_declared.finding(
                f"after all migrations there is no table {name}",
                entry.at(),
                fix="correct the name, or create the table",
            )
    for name, table in whole.items():
        if name not in listed:
            yield tables_declared.finding(
                f"module.json does not list the table {name}",
                database.place(table),
                fix=f'add "{name}" to database_tables',
            )
