"""The isolation proof of a whole module, from rows to findings' raw material."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gates.database import Applied, Database
from gates.database.isolation.elsewhere import elsewhere
from gates.database.isolation.exposed import Exposure, ask, compare, find_exposed, writes
from gates.database.isolation.personal import personal_columns
from gates.database.isolation.policies import expects, meaning_of, suspicious
from gates.database.isolation.probes import (
    access,
    control,
    oracles,
    references,
    truncate,
    without_tenant,
)
from gates.database.isolation.session import made_up
from gates.database.isolation.tenants import APP, EVERY_COMMAND, Leak, Tenants
from gates.database.isolation.trespass import trespasses
from gates.database.isolation.ways import around, commands, crossed, exclusions, other_roles
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.schema.tables import Table

if TYPE_CHECKING:
    import psycopg

_PLATFORM = ("tenants", "organizations", "profiles", "users", "memberships")


@dataclass(frozen=True)
class Isolation:
    """What the proof saw."""

    leaks: tuple[Leak, ...]
    exposures: tuple[Exposure, ...]
    unproved: tuple[str, ...]
    """One sentence for each table about which nothing is known."""
    attempts: int
    other: str = ""
    """The id of the tenant whose rows leak."""


@contextlib.contextmanager
def two_tenants(database: Database) -> Iterator[Tenants]:
    """Sessions and a row maker on a clone of the migrated database. There are no rows as yet but
    tenant A's in the platform's tables."""
    applied = database.applied
    with contextlib.ExitStack() as stack:
        clone = stack.enter_context(database.clone())
        admin = stack.enter_context(clone.connect())
        owner = stack.enter_context(clone.connect("owner"))
        app, bare = (stack.enter_context(clone.connect("app")) for _ in range(2))
        own = frozenset(table.oid for table in applied.tables)
        salt = database.salt
        maker = Maker(
            owner, admin, applied.all_tables, own,
            sessions=database.sessions, salt=salt, personal=personal_columns(applied),
        )  # fmt: skip
        ids = made_up(salt, "tenant A"), made_up(salt, "tenant B")

        def another() -> psycopg.Connection[tuple[Any, ...]]:
            return stack.enter_context(clone.connect("app"))

        tenants = Tenants(*ids, maker, app, bare, owner, _grants(owner, applied), another)
        _let_in(tenants, tenants.a, 1)
        yield tenants


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
        owner = database.workspace.owner
        exposed, uncalled = find_exposed(tenants, owner, tables)
        unproved += uncalled
        exposures += around(tenants, owner)
        usable = _with_rows(tenants, tables, tenants.a, 1, unproved)
        before = [(ask(tenants, each), ask(tenants, each)) for each in exposed]
        _let_in(tenants, tenants.b, 501)
        usable = _with_rows(tenants, usable, tenants.b, 501, unproved)
        rows = list(
            dict.fromkeys(each for table in usable for each in tenants.rows(table)[1].family())
        )
        for each, answers in zip(exposed, before, strict=True):
            if (seen := compare(tenants, each, answers, rows)) is not None:
                exposures.append(seen)
        if any(each.writes for each in exposed):
            tenants.bare = tenants.another()  # a function may have set what was never set
        if usable:
            names = ", ".join(table.qualified for table in usable)
            tenants.owner.execute(f"GRANT {', '.join(EVERY_COMMAND)} ON {names} TO {APP}")
        _let_app_number_rows(tenants)
        for table in usable:
            with _unproved(unproved):
                leaks += [*references(tenants, table), *oracles(tenants, table)]
                leaks += exclusions(tenants, table)
        _drop_references(tenants, usable)
        meaning = meaning_of(tenants.owner, owner, tenants.sessions.way.tenant)
        exposures += elsewhere(tenants, owner, meaning)
        policies = applied.facts.policies
        for table in usable:
            with _unproved(unproved):
                failed = control(tenants, table)
                if failed is not None:
                    expected = expects(table, policies, meaning)
                    leaks.append(replace(failed, sentence=f"{failed.sentence}{expected}"))
                    continue
                seen_leaks = [*access(tenants, table), *without_tenant(tenants, table)]
                seen_leaks = seen_leaks or [*commands(tenants, table), *crossed(tenants, table)]
                seen_leaks += other_roles(tenants, table, policies)
                # What a policy lets through is said once: as it was seen, where it was.
                leaks += seen_leaks or suspicious(tenants, table, policies, meaning)
                leaks += truncate(tenants, table)
        usable_too = tuple(usable)
        known = {each.exposed.label for each in exposures}
        for each in exposed:
            asked = each.writes and each.label not in known
            if asked and (seen := writes(tenants, each, usable_too, rows)) is not None:
                exposures.append(seen)
        exposures += trespasses(tenants, owner, usable, rows)
        attempts = tenants.attempts
    database.record(
        "isolation proof", len(tables), time.perf_counter() - started,
        f"{attempts} attempts, {len(exposed)} views and functions",
    )  # fmt: skip
    return Isolation(
        tuple(leaks), tuple(exposures), tuple(dict.fromkeys(unproved)), attempts, tenants.b
    )


def _let_in(tenants: Tenants, tenant: str, seed: int) -> None:
    """Rows for a tenant in the platform's tables that say who belongs to whom: policies may ask
    them. A table of a platform's own that takes no made-up row is left as it is."""
    for table in tenants.maker.tables.values():
        if table.name in _PLATFORM and table.oid not in tenants.maker.own_tables:
            with contextlib.suppress(NoRowError):
                tenants.maker.first(table, tenant, seed)


def _with_rows(
    tenants: Tenants, tables: Sequence[Table], tenant: str, seed: int, unproved: list[str]
) -> list[Table]:
    """The tables that have a row of a tenant. Where one has none, it is tried again after the
    others: of a cycle of references, only some may be begun with."""
    failed: list[str] = []
    for table in tables:
        _made(tenants, table, tenant, seed, failed)
    if failed:
        failed = []
    made = [table for table in tables if _made(tenants, table, tenant, seed, failed)]
    unproved += failed
    return made


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
    rows = owner.execute(
        "SELECT t, array(SELECT c FROM unnest(%s::text[]) c WHERE has_table_privilege(%s, t, c))"
        " FROM unnest(%s::oid[]) t",
        (list(commands), APP, [table.oid for table in applied.tables]),
    )
    return {oid: frozenset(granted) for oid, granted in rows}


def _let_app_number_rows(tenants: Tenants) -> None:
    """Let the role use sequences of the module that columns take their numbers from."""
    sequences = [
        row[0]
        for row in tenants.owner.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'S'"
            " AND c.relowner = current_user::regrole"
        )
    ]
    if sequences:
        tenants.owner.execute(f"GRANT USAGE ON SEQUENCE {', '.join(sequences)} TO {APP}")


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
