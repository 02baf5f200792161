"""Gives each row its tenant."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections.abc import Iterator, Sequence

from gates.adoption.repair import Step, World, repair, same
from gates.database.catalog_state.tables import Table

ORGANIZATIONS = ("organization_id", "organisation_id", "org_id")
USERS = ("user_id", "owner_id", "profile_id", "created_by", "author_id", "uploaded_by", "assignee")


@repair(15)
def tenant(world: World) -> Iterator[Step]:
    """A column tenant_id of type uuid. Whose a row is says, in this order: the row that it belongs
    to, its organization, its user. Where nothing says it, the table stays as it is. Code that knows
    no tenant_id yet gets the session's by default."""
    if world.released:
        return
    waiting = [each for each in world.tables if each.partition_of is None]
    ready: set[int] = set()
    patient = True
    while waiting:
        known = [
            (table, source)
            for table in waiting
            if not (patient and _waits(table, waiting))
            and (source := _source(world, table, ready)) is not None
        ]
        if not known and not patient:
            break
        patient = bool(known)
        for table, source in known:
            waiting.remove(table)
            ready.add(table.oid)
            yield from _give(table, source, world.tenant)


def _give(table: Table, source: str, session: str) -> Iterator[Step]:
    alter = f"ALTER TABLE {table.qualified}"
    column = table.tenant
    if column is None:
        yield Step(
            f"{alter} ADD COLUMN tenant_id uuid;\n"
            f"{alter} ALTER COLUMN tenant_id SET DEFAULT {session};",
            f"adds tenant_id to {table.name}",
        )
    elif column.type != "uuid":
        if column.default:
            yield Step(f"{alter} ALTER COLUMN tenant_id DROP DEFAULT;", "drops its default")
        yield Step(
            f"{alter} ALTER COLUMN tenant_id TYPE uuid USING tenant_id::uuid;",
            f"makes tenant_id of {table.name} a uuid",
        )
    elif column.default and not same(column.default, session):
        yield Step(f"{alter} ALTER COLUMN tenant_id DROP DEFAULT;", "drops its default")
    if source:
        yield Step(
            f"UPDATE {table.qualified} AS r SET tenant_id = ({source}) WHERE r.tenant_id IS NULL;",
            f"finds whose the rows of {table.name} are",
        )
    if column is None or not column.not_null:
        yield Step(
            f"{alter} ALTER COLUMN tenant_id SET NOT NULL;", f"asks {table.name} for tenant_id"
        )


def _waits(table: Table, waiting: Sequence[Table]) -> bool:
    """Whether a row belongs to one of a table whose rows have no tenant yet: that decides first."""
    own = table.tenant is not None and table.tenant.not_null
    targets = {each.target for each in table.references} - {table.oid}
    return not own and any(each.oid in targets for each in waiting)


def _source(world: World, table: Table, ready: set[int]) -> str | None:
    """A query that gives the tenant of a row `r`; "" where each row has one, None for none."""
    if table.tenant is not None and table.tenant.not_null:
        return ""
    for reference in table.references:
        parent = world.everything[reference.target]
        if parent.oid in ready and parent.oid != table.oid and len(reference.columns) == 1:
            own = table.by_number[reference.columns[0]].quoted
            other = parent.by_number[reference.target_columns[0]].quoted
            return f"SELECT p.tenant_id FROM {parent.qualified} AS p WHERE p.{other} = r.{own}"
    for names, place in ((ORGANIZATIONS, "public.organizations"), (USERS, "public.profiles")):
        for name in names:
            column = table.column(name)
            if column is not None and column.type in {"uuid", "text", "character varying"}:
                return f"SELECT p.tenant_id FROM {place} AS p WHERE p.id = r.{column.quoted}::uuid"
    return "" if table.tenant is not None else None
