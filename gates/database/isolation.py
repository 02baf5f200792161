"""The isolation proof of a whole module, from rows to findings' raw material."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gates.database import Applied, Database
from gates.database.exposed import Exposure, ask, compare, find_exposed, writes
from gates.database.probes import access, control, oracles, references, truncate, without_tenant
from gates.database.rows import Maker
from gates.database.solve import NoRowError
from gates.database.tables import Table
from gates.database.tenants import APP, EVERY_COMMAND, A, B, Leak, Tenants

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Isolation:
    """What the proof saw."""

    leaks: tuple[Leak, ...]
    exposures: tuple[Exposure, ...]
    unproved: tuple[str, ...]
    """One sentence for each table about which nothing is known."""
    attempts: int


@contextlib.contextmanager
def two_tenants(database: Database) -> Iterator[Tenants]:
    """Sessions and a row maker on a clone of the migrated database; no rows as yet."""
    applied = database.applied
    with contextlib.ExitStack() as stack:
        clone = stack.enter_context(database.clone())
        admin = stack.enter_context(clone.connect())
        owner = stack.enter_context(clone.connect("owner"))
        app, bare = (stack.enter_context(clone.connect("app")) for _ in range(2))
        own = frozenset(table.oid for table in applied.tables)
        maker = Maker(owner, admin, applied.all_tables, own)
        yield Tenants(maker, app, bare, owner, _grants(owner, applied))


def prove(database: Database) -> Isolation:
    """Try everything that one tenant may try on another.

    Raises `MigrationsDoNotApplyError` or `DatabaseUnavailableError`. Tables for which no row could
    be made are named in `unproved`.
    """
    started = time.perf_counter()
    applied = database.applied
    tables = tuple(table for table in applied.tables if table.tenant is not None)
    leaks: list[Leak] = []
    unproved: list[str] = []
    exposures: list[Exposure] = []
    with two_tenants(database) as tenants:
        exposed = find_exposed(tenants.owner, tenants.maker.types, database.workspace.owner)
        usable = [table for table in tables if _made(tenants, table, A, 1, unproved)]
        before = [(ask(tenants, each), ask(tenants, each)) for each in exposed]
        usable = [table for table in usable if _made(tenants, table, B, 501, unproved)]
        rows = [
            f"{row.statement()};"
            for row in dict.fromkeys(
                each for table in usable for each in tenants.maker.first(table, B, 501).family()
            )
        ]
        for each, answers in zip(exposed, before, strict=True):
            if (seen := compare(tenants, each, answers, rows)) is not None:
                exposures.append(seen)
        for table in usable:
            tenants.owner.execute(f"GRANT {', '.join(EVERY_COMMAND)} ON {table.qualified} TO {APP}")
        _let_app_number_rows(tenants)
        for table in usable:
            with _unproved(unproved):
                leaks += [*references(tenants, table), *oracles(tenants, table)]
        _drop_references(tenants, usable)
        for table in usable:
            with _unproved(unproved):
                failed = control(tenants, table)
                if failed is not None:
                    leaks.append(failed)
                    continue
                leaks += access(tenants, table)
                leaks += without_tenant(tenants, table)
                leaks += truncate(tenants, table)
        known = {each.exposed.label for each in exposures}
        for each in exposed:
            asked = each.writes and each.label not in known
            if asked and (seen := writes(tenants, each, tables, rows)) is not None:
                exposures.append(seen)
        attempts = tenants.attempts
    database.record(
        "isolation proof", len(tables), time.perf_counter() - started,
        f"{attempts} attempts, {len(exposed)} views and functions",
    )  # fmt: skip
    return Isolation(tuple(leaks), tuple(exposures), tuple(dict.fromkeys(unproved)), attempts)


def _made(tenants: Tenants, table: Table, tenant: str, seed: int, unproved: list[str]) -> bool:
    known = len(unproved)
    with _unproved(unproved):
        tenants.maker.first(table, tenant, seed)
    return len(unproved) == known


@contextlib.contextmanager
def _unproved(sentences: list[str]) -> Iterator[None]:
    try:
        yield
    except NoRowError as error:
        sentences.append(error.message)


def _grants(
    owner: psycopg.Connection[tuple[Any, ...]], applied: Applied
) -> dict[int, frozenset[str]]:
    """What the application role may do with each of the module's tables, as migrated."""
    commands = (*EVERY_COMMAND, "TRUNCATE")
    found: dict[int, frozenset[str]] = {}
    for table in applied.tables:
        row = owner.execute(
            "SELECT "
            + ", ".join(f"has_table_privilege('{APP}', %(o)s::oid, '{c}')" for c in commands),
            {"o": table.oid},
        ).fetchone()
        found[table.oid] = frozenset(c for c, may in zip(commands, row or (), strict=True) if may)
    return found


def _let_app_number_rows(tenants: Tenants) -> None:
    """Let the role use sequences of the module that columns take their numbers from."""
    for (sequence,) in tenants.owner.execute(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'S'"
        " AND c.relowner = current_user::regrole"
    ).fetchall():
        tenants.owner.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {APP}")


def _drop_references(tenants: Tenants, tables: list[Table]) -> None:
    """Take foreign keys away: they would stop statements that row security must stop alone."""
    import psycopg

    for table in tables:
        for reference in table.references:
            with contextlib.suppress(
                psycopg.errors.UndefinedObject, psycopg.errors.InvalidTableDefinition
            ):
                tenants.owner.execute(
                    f"ALTER TABLE {table.qualified} DROP CONSTRAINT IF EXISTS {reference.quoted}"
                )
