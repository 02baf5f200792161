"""Proves on a copy that the older module's rows come over: hook and migration over old rows."""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from gates.adoption.repairs.tenant import ORGANIZATIONS, USERS
from gates.database import Database, Snapshot, diff
from gates.database.catalog_state.tables import Table, read_tables
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.row_history import Contents, compare_rows, contents
from gates.database.rows.filling import fill
from gates.database.tenant_session import A, B, organization_of, user_of

_PLATFORM = """
    INSERT INTO public.tenants (id, name) VALUES ('{tenant}', 'older') ON CONFLICT DO NOTHING;
    INSERT INTO public.organizations (id, tenant_id, name)
        VALUES ('{organization}', '{tenant}', 'older')
        ON CONFLICT DO NOTHING;
    INSERT INTO public.profiles (id, tenant_id, email)
        VALUES ('{user}', '{tenant}', 'older@example.com')
        ON CONFLICT DO NOTHING;"""


def rows_come_over(
    older: Database, scripts: list[tuple[str, str]], fresh: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """What goes wrong when `scripts` (the hook, then the migrations) run over a database of the
    older module with rows: one sentence each, none where they are proved. `fresh` are the objects
    that the scripts make in a fresh install."""
    with older.scratch("in use") as scratch:
        if unfilled := fill(older, scratch, old=True):
            yield f"no rows of the older schema could be made: {unfilled[0]}"
            return
        _people(scratch)
        _owners(older, scratch)
        types = _types(scratch)
        before = contents(scratch, older.platform_tables)
        if failure := scratch.apply(scripts):
            yield f"over rows of the older schema {failure.location}: {failure.message}"
            return
        yield from _kept(older, scratch, before, types)
        found = _own(older, scratch)
        yield from (
            f"a database that is taken over differs from a fresh install: {each}"
            for each in diff(Snapshot(fresh), Snapshot(found))
            if not _is_older(each, older)
        )
        rows = scratch.digests()
        if failure := scratch.apply(scripts):
            yield f"run again {failure.location}: {failure.message}"
            return
        if scratch.digests() != rows or _own(older, scratch) != found:
            yield "run again, the migrations change something"


def comparable(objects: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Objects without what a table that was changed has otherwise than one that was made: the
    positions of columns, and names for NOT NULL."""
    return {
        key: {name: each for name, each in found.items() if name != "position"}
        for key, found in objects.items()
        if not found.get("definition", "").startswith("NOT NULL")
    }


def _people(scratch: Scratch) -> None:
    for tenant in (A, B):
        scratch.session("admin").execute(
            _PLATFORM.format(
                tenant=tenant, organization=organization_of(tenant), user=user_of(tenant)
            )
        )


def _owners(older: Database, scratch: Scratch) -> None:
    """Let each row belong to an organization or user that the platform knows, as rows in use do."""
    import psycopg

    owner = scratch.session("owner")
    for table in _tables(older, scratch):
        for names, known in ((ORGANIZATIONS, organization_of), (USERS, user_of)):
            for name in names:
                column = table.column(name)
                if column is None or column.number in _referring(table):
                    continue
                # A row that keeps its owner is nobody's: the hook fails on it or loses it, and the
                # proof tells either.
                with contextlib.suppress(psycopg.Error), owner.transaction():
                    owner.execute(
                        f"UPDATE {table.qualified} SET {column.quoted} = (CASE WHEN"
                        f" {column.quoted}::text < '8' THEN '{known(A)}' ELSE '{known(B)}' END)"
                        f"::{column.type}"
                    )


def _referring(table: Table) -> set[int]:
    return {number for each in table.references for number in each.columns}


def _tables(older: Database, scratch: Scratch) -> list[Table]:
    found = read_tables(scratch.session("admin")).values()
    return [each for each in found if each.qualified not in older.platform_tables]


def _types(scratch: Scratch) -> dict[tuple[int, int], str]:
    tables = read_tables(scratch.session("admin")).values()
    return {(t.oid, each.number): each.type for t in tables for each in t.columns}


def _kept(
    older: Database, scratch: Scratch, before: Contents, types: Mapping[tuple[int, int], str]
) -> Iterator[str]:
    """Rows and values that are gone. A value where there was none is no loss, and a column of
    another type prints its values otherwise."""
    after = contents(scratch, older.platform_tables)
    now = _types(scratch)
    for fate in compare_rows(before, after):
        if fate.lost:
            yield f"{fate.lost} of {fate.held} rows of {fate.table} are gone"
        oid = next(oid for oid, each in before.items() if each.name == fate.table)
        same = {
            before[oid].columns[number]
            for (table, number), type_ in types.items()
            if table == oid and number in before[oid].columns and now.get((oid, number)) == type_
        }
        for name, *_ in fate.without_filled().changed:
            if name in same:
                yield f"values of {name} in {fate.table} are changed"


def _own(older: Database, scratch: Scratch) -> dict[str, dict[str, str]]:
    before = older.attempt.states[0].objects
    found = scratch.snapshot().objects
    return comparable({key: each for key, each in found.items() if before.get(key) != each})


def _is_older(difference: str, older: Database) -> bool:
    """Whether it is about what the older module leaves beside the new tables: a view under the old
    name of a table, and its functions."""
    if not difference.endswith(" is new"):
        return False
    key = difference.removesuffix(" is new")
    kind, _, name = key.partition(" ")
    there = older.attempt.snapshot.objects
    return (kind == "view" and f"table {name}" in there) or (kind == "function" and key in there)
