"""The isolation proof of a whole module, from rows to findings' raw material."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gates.database import Applied, Database
from gates.database.isolation.exposed import Exposure, compare, find_exposed, first_answers, writes
from gates.database.isolation.harvest import opened_by
from gates.database.isolation.keys import exclusions, oracles, references
from gates.database.isolation.personal import personal_columns
from gates.database.isolation.plans import immutable, kept
from gates.database.isolation.populate import forget_third, let_in, sparse, with_rows
from gates.database.isolation.probes import access, control, opened, truncate, without_tenant
from gates.database.isolation.session import neighbours
from gates.database.isolation.tenants import APP, EVERY_COMMAND, Leak, Tenants
from gates.database.isolation.trespass import trespasses
from gates.database.isolation.tries import Probes
from gates.database.isolation.ways import around, commands, crossed, other_roles
from gates.database.owners.unkept import unkept
from gates.database.policies.elsewhere import elsewhere
from gates.database.policies.expressions import Meaning
from gates.database.policies.suspicious import expects, meaning_of, only_compare, suspicious
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.schema.facts import PolicyFact
from gates.database.schema.tables import Table

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
        a, b, c = neighbours(salt)

        def another() -> psycopg.Connection[tuple[Any, ...]]:
            return stack.enter_context(clone.connect("app"))

        tenants = Tenants(a, b, maker, app, bare, owner, _grants(owner, applied), another, c)
        let_in(tenants, tenants.a, 1)
        tenants.limit = max(database.limit, 1.0)
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
        usable = with_rows(tenants, tables, tenants.a, 1, unproved, leaks)
        given, endless, slow = first_answers(tenants, exposed)
        exposures += endless
        unproved += slow
        let_in(tenants, tenants.b, 501)
        usable = with_rows(tenants, usable, tenants.b, 501, unproved, leaks)
        rows = list(
            dict.fromkeys(each for table in usable for each in tenants.rows(table)[1].family())
        )
        for each, answers in given:
            if (seen := compare(tenants, each, answers, rows)) is not None:
                exposures.append(seen)
        if any(each.writes for each in exposed):
            tenants.bare = tenants.another()  # a function may have set what was never set
        let_in(tenants, tenants.c, 701)
        for table in usable:
            sparse(tenants, table)
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
        constant = immutable(tenants.owner, owner)
        for table in usable:
            # What the new rows of one table refer to are rows of another: before they are counted.
            with contextlib.suppress(NoRowError):
                tenants.new(table, tenants.a)
                tenants.new(table, tenants.b)
        counts = tenants.counts(usable, tenants.a)
        for table in usable:
            with _unproved(unproved):
                own = counts[table.oid]
                leaks += _of_table(tenants, table, own, applied.facts.policies, meaning, constant)
        forget_third(tenants, usable)
        usable_too = tuple(usable)
        known = {each.exposed.label for each in exposures}
        for each in exposed:
            asked = each.writes and each.label not in known
            if asked and (seen := writes(tenants, each, usable_too, rows)) is not None:
                exposures.append(seen)
        exposures += trespasses(tenants, owner, usable, rows)
        exposures += unkept(tenants, owner, meaning, tuple(exposures))
        attempts = tenants.attempts
    database.record(
        "isolation proof", len(tables), time.perf_counter() - started,
        f"{attempts} attempts, {len(exposed)} views and functions",
    )  # fmt: skip
    return Isolation(
        tuple(leaks), tuple(exposures), tuple(dict.fromkeys(unproved)), attempts, tenants.b
    )


def _of_table(
    tenants: Tenants,
    table: Table,
    own: int,
    policies: tuple[PolicyFact, ...],
    meaning: Meaning,
    constant: Mapping[str, bool],
) -> Iterator[Leak]:
    """What the policies of one table let through, and TRUNCATE."""
    loose = not only_compare(table, policies, meaning)
    claiming = opened_by(tenants.sessions, tenants.a, table, policies, meaning) if loose else ()
    probes = Probes(tenants, table, own, loose, claiming)
    failed = control(probes)
    if failed is not None:
        expected = expects(table, policies, meaning)
        yield replace(failed, sentence=f"{failed.sentence}{expected}")
        return
    seen = [*access(probes), *without_tenant(probes)]
    seen = seen or [*commands(probes), *crossed(probes), *opened(probes)]
    seen = seen or list(kept(tenants, table, constant))
    seen += other_roles(tenants, table, policies)
    # What a policy lets through is said once: as it was seen, where it was.
    yield from seen or suspicious(tenants, table, policies, meaning)
    yield from truncate(probes)


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

    drops = [
        f"ALTER TABLE {table.qualified} DROP CONSTRAINT IF EXISTS {reference.quoted}"
        for table in tables
        for reference in table.references
    ]
    try:
        tenants.owner.execute("; ".join(drops) or "SELECT 1")
    except (psycopg.errors.UndefinedObject, psycopg.errors.InvalidTableDefinition):
        for drop in drops:  # a partition has the keys of its parent, which drops them
            with contextlib.suppress(
                psycopg.errors.UndefinedObject, psycopg.errors.InvalidTableDefinition
            ):
                tenants.owner.execute(drop)
