"""The SQL of acts and of who holds a version, on a connection that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gates.catalog.model import ActRow, Holding

if TYPE_CHECKING:
    import psycopg

_ACT = """
SELECT a.id, v.version, a.verb, a.lifts, a.key_id, a.payload_sha256, a.envelope,
    to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.recorded_by
FROM public.core_module_acts AS a
JOIN public.core_module_versions AS v ON v.id = a.module_version_id
WHERE v.slug = %s ORDER BY a.id
"""
DEPENDANTS = """
SELECT slug, version, manifest FROM public.core_module_versions
WHERE manifest -> 'dependencies' @> jsonb_build_array(%(slug)s::text)
    OR manifest -> 'dependencies' @> jsonb_build_array(jsonb_build_object('slug', %(slug)s::text))
ORDER BY slug, sort_key DESC
"""


def acts(connection: psycopg.Connection, slug: str) -> tuple[ActRow, ...]:
    """The acts about a module's versions, in the order in which they were recorded."""
    return tuple(ActRow(*row) for row in connection.execute(_ACT, (slug,)))


def record_approval(
    connection: psycopg.Connection, slug: str, version: str, envelope: Mapping[str, Any]
) -> None:
    """Add an approval, by the database's own function; the same one again changes nothing.

    Raises `psycopg.IntegrityError` with the database's reason where it refuses, and so does
    `record_act`.
    """
    _record(connection, "record_module_approval", slug, version, envelope)


def record_act(
    connection: psycopg.Connection, slug: str, version: str, envelope: Mapping[str, Any]
) -> None:
    """Add an act of any kind, by the database's own function."""
    _record(connection, "record_module_act", slug, version, envelope)


def _record(
    connection: psycopg.Connection,
    function: str,
    slug: str,
    version: str,
    envelope: Mapping[str, Any],
) -> None:
    from psycopg.sql import SQL, Identifier
    from psycopg.types.json import Jsonb

    call = SQL("SELECT public.{}(%s, %s, %s)").format(Identifier(function))
    connection.execute(call, (slug, version, Jsonb(dict(envelope))))


def holdings(connection: psycopg.Connection, slug: str, version: str) -> tuple[Holding, ...]:
    """All that those tenants have who have a version."""
    rows = connection.execute(
        "SELECT tenant::text, slug, version, state, told, unseen"
        " FROM public.module_holders(%s, %s)",
        (slug, version),
    )
    return tuple(Holding(*row) for row in rows)


def dependants(
    connection: psycopg.Connection, slug: str
) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """Slug, version and manifest of each released version that depends on a module."""
    return tuple((row[0], row[1], row[2]) for row in connection.execute(DEPENDANTS, {"slug": slug}))
