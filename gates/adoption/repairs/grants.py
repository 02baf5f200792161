"""Lets tenants read, add and change rows, and nobody else anything."""

from __future__ import annotations

from collections.abc import Iterator

from gates.adoption.repair import Step, World, repair

EVERYBODY = "PUBLIC, anon, authenticated, service_role, tenant_app_role"


@repair(66)
def grants(world: World) -> Iterator[Step]:
    """SELECT, INSERT, UPDATE for tenant_app_role on each table, and no other grant."""
    for table in world.tables:
        given = {
            (each.grantee, each.privileges)
            for each in world.facts.grants
            if each.qualified == table.qualified and each.kind == "table"
        }
        wanted = () if table.partition_of is not None else ("INSERT", "SELECT", "UPDATE")
        if given == ({("tenant_app_role", wanted)} if wanted else set()):
            continue
        if world.released and wanted:
            continue  # whoever has a right today may need it
        grant = (
            f"\nGRANT SELECT, INSERT, UPDATE ON {table.qualified} TO tenant_app_role;"
            if wanted
            else ""
        )
        for column in table.columns:
            if (column.default or "").startswith("nextval(") and wanted:
                sequence = (column.default or "").removeprefix("nextval('").partition("'")[0]
                grant += f"\nGRANT USAGE ON SEQUENCE {sequence} TO tenant_app_role;"
        yield Step(
            f"REVOKE ALL ON {table.qualified} FROM {EVERYBODY};{grant}",
            f"lets tenants use {table.name}",
        )
