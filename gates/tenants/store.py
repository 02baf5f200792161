"""The platform functions of the catalog, as Python calls: SQL and nothing else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from datetime import time as clock_time
from typing import TYPE_CHECKING, Any

from gates.errors import CouldNotCheckError, RefusedError
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

WAIT_SECONDS = 60.0
"""How long a run waits for another one that works on the same module."""
_PAUSE = 0.1


@dataclass(frozen=True)
class Held:
    """What a tenant has of a module."""

    state: str
    version: str
    pending: tuple[str, ...]
    """Paths of the migrations that have to be run before it is enabled."""


@dataclass(frozen=True)
class Due:
    """One upgrade that is to be done."""

    tenant: str
    slug: str
    before: str
    after: str
    begun: bool
    """Whether an earlier run began it and did not end it."""


@dataclass(frozen=True)
class Expired:
    """A table with rows that a module may no longer keep."""

    slug: str
    table: str
    older_than: datetime
    whole: bool
    """Whether it is a partition of which every row is older."""
    of_module: bool
    """Whether it is the module's own table, and not the catalog's."""


@dataclass(frozen=True)
class Condition:
    """One row of a module's health."""

    check: str
    state: str
    """ok, bad, or unknown where nothing could be seen."""
    detail: str


def call(connection: Session, function: str, **arguments: object) -> list[tuple[Any, ...]]:
    """The rows of a function of the catalog, called by the names of its arguments.

    Raises `RefusedError` with the database's reason where it refuses.
    """
    import psycopg
    from psycopg import sql

    given = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in arguments
    )
    statement = sql.SQL("SELECT * FROM public.{}({})").format(sql.Identifier(function), given)
    errors = psycopg.errors
    try:
        return connection.execute(statement, arguments).fetchall()
    except (errors.IntegrityError, errors.NoDataFound, errors.FeatureNotSupported) as error:
        said = error.diag.message_primary or str(error)
        raise RefusedError([said], hint=error.diag.message_hint) from error


@contextlib.contextmanager
def module_lock(connection: Session, slug: str) -> Iterator[None]:
    """One run at a time for a module, as long as the session lives.

    Raises `CouldNotCheckError` where another run has it for longer than `WAIT_SECONDS`.
    """
    until = time.monotonic() + WAIT_SECONDS
    lock = "SELECT pg_try_advisory_lock(hashtextextended(%s, 2))"
    while not connection.execute(lock, (slug,)).fetchall()[0][0]:
        if time.monotonic() > until:
            raise CouldNotCheckError(
                f"another run works on {slug} for more than {WAIT_SECONDS:.0f} s",
                hint="run this again when it has ended",
            )
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 2))", (slug,))


_OFFERED = (
    "offered is what is released with the maturity RC, GA or MAINTENANCE, and by its own version"
    " also ALPHA, BETA and DEPRECATED, unless it was withdrawn"
)


def provision(connection: Session, tenant: str, slug: str, version: str | None) -> Held:
    """Ask for a version, or go on with it; see `provision_tenant_module`."""
    try:
        rows = call(
            connection, "provision_tenant_module", for_tenant=tenant, slug=slug, version=version
        )
    except RefusedError as error:
        if error.hint is None and error.message.endswith("is not offered"):
            hint = f"{_OFFERED} (gates catalog show {slug})"
            raise RefusedError(error.reasons, hint=hint) from error
        raise
    state, found, pending = rows[0]
    return Held(state, found, tuple(pending))


def due_upgrades(connection: Session, moment: datetime | None, *, retry: bool) -> tuple[Due, ...]:
    """What `auto_upgrade_tenant_modules` plans for a moment; None is now."""
    arguments = {"retry": retry} | ({"moment": moment} if moment else {})
    rows = call(connection, "auto_upgrade_tenant_modules", **arguments)
    return tuple(Due(str(row[0]), *row[1:]) for row in rows)


def record(connection: Session, slug: str, version: str, path: str, digest: str, kind: str) -> None:
    """Say that a file was run."""
    call(
        connection, "record_module_migration",
        of_slug=slug, of_version=version, of_path=path, of_sha256=digest, of_kind=kind,
    )  # fmt: skip


def recorded_hooks(connection: Session, slug: str, version: str) -> frozenset[str]:
    """The paths of a version's hooks that were run."""
    rows = connection.execute(
        "SELECT path FROM public.core_module_migrations"
        " WHERE slug = %s AND version = %s AND kind = 'hook'",
        (slug, version),
    )
    return frozenset(row[0] for row in rows)


def recorded_paths(connection: Session, slug: str) -> Mapping[str, str]:
    """Digests of the module's migrations that this database has, by path."""
    rows = connection.execute(
        "SELECT path, sha256 FROM public.core_module_migrations"
        " WHERE slug = %s AND kind = 'migration'",
        (slug,),
    )
    return {row[0]: row[1] for row in rows}


def health(connection: Session, tenant: str, slug: str) -> tuple[Condition, ...]:
    """How a module is at a tenant."""
    rows = call(connection, "check_tenant_module_health", for_tenant=tenant, slug=slug)
    return tuple(Condition(*row) for row in rows)


def expired(connection: Session, moment: datetime | None = None) -> tuple[Expired, ...]:
    """The tables with rows that may be expired at a moment; None is now."""
    arguments = {"moment": moment} if moment else {}
    return tuple(Expired(*row) for row in call(connection, "plan_module_purge", **arguments))


def stats(connection: Session) -> tuple[Mapping[str, Any], ...]:
    """One mapping for each module; the names are the columns of `get_module_system_stats`."""
    cursor = connection.execute("SELECT * FROM public.get_module_system_stats()")
    names = [each.name for each in cursor.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor)


def set_upgrades(
    connection: Session,
    tenant: str,
    slug: str,
    *,
    automatic: bool,
    window: tuple[clock_time, clock_time] | None,
    days: Sequence[int],
) -> None:
    """Set whether a tenant's module is upgraded without asking, and when (UTC, ISO days)."""
    starts, ends = window or (None, None)
    call(
        connection, "set_tenant_module_upgrades",
        for_tenant=tenant, slug=slug, automatic=automatic, starts=starts, ends=ends,
        days=list(days) or None,
    )  # fmt: skip
