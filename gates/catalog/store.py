"""The catalog's SQL and nothing else: rows in, rows out, on a connection that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.catalog.model import EvidenceRow, MigrationDigest, ModuleRow, ReleasedVersion
from gates.records import asdict

if TYPE_CHECKING:
    import psycopg

VERSIONS = """
SELECT id, slug, version, content_digest, bundle_digest, status, manifest, settings_schema,
    migrations, tables_created, changelog, registry_manifest, registry_reference, policy_digest,
    to_char(released_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), released_by,
    ARRAY(SELECT a.verb FROM public.core_module_acts AS a
        WHERE a.module_version_id = v.id
            AND a.verb IN ('yank', 'quarantine', 'revoke', 'roll-back') AND NOT EXISTS (
                SELECT FROM public.core_module_acts AS later WHERE later.lifts = a.id)
        ORDER BY a.id),
    coalesce((SELECT max(a.until)::text FROM public.core_module_acts AS a
        WHERE a.module_version_id = v.id AND a.verb = 'deprecate' AND NOT EXISTS (
            SELECT FROM public.core_module_acts AS later WHERE later.lifts = a.id)), '')
FROM public.core_module_versions AS v
"""
"""What stands against a version is what `core_standing` says of it, written out: PostgreSQL calls
that function for each row, and plans this once."""
MODULES = """
SELECT m.slug, m.name, m.description, m.category, m.maturity_status,
    coalesce((SELECT version FROM public.core_module_versions AS v WHERE v.slug = m.slug
        AND NOT EXISTS (
            SELECT FROM public.core_module_acts AS a WHERE a.module_version_id = v.id
                AND a.verb IN ('yank', 'quarantine', 'revoke', 'roll-back') AND NOT EXISTS (
                    SELECT FROM public.core_module_acts AS later WHERE later.lifts = a.id))
        ORDER BY sort_key DESC LIMIT 1), ''),
    coalesce(counted.versions, 0)
FROM public.core_modules AS m LEFT JOIN (
    SELECT slug, count(*) AS versions FROM public.core_module_versions GROUP BY slug
) AS counted ON counted.slug = m.slug
"""

EVIDENCE = """
SELECT v.version, e.stage, e.verdict, e.key_id, e.payload_sha256, e.envelope
FROM public.core_module_versions AS v
JOIN public.core_module_version_evidence AS e ON e.module_version_id = v.id
WHERE v.slug = %s
ORDER BY v.id, array_position(
    ARRAY['lint-manifest', 'lint', 'test', 'build', 'scan', 'publish'], e.stage)
"""


def versions(connection: psycopg.Connection, slug: str) -> tuple[ReleasedVersion, ...]:
    """Every released version of a module, newest first by precedence."""
    rows = connection.execute(VERSIONS + "WHERE slug = %s ORDER BY sort_key DESC", (slug,))
    return tuple(_version(row) for row in rows.fetchall())


def version(connection: psycopg.Connection, slug: str, wanted: str) -> ReleasedVersion | None:
    """One released version, or None."""
    rows = connection.execute(VERSIONS + "WHERE slug = %s AND version = %s", (slug, wanted))
    row = rows.fetchone()
    return None if row is None else _version(row)


def modules(connection: psycopg.Connection) -> tuple[ModuleRow, ...]:
    """Every module, by slug."""
    rows = connection.execute(MODULES + "ORDER BY m.slug").fetchall()
    return tuple(ModuleRow(*row) for row in rows)


def identity(connection: psycopg.Connection) -> str:
    """The id that the catalog was made with."""
    (found,) = connection.execute("SELECT id::text FROM public.core_catalog").fetchall()
    return str(found[0])


def module(connection: psycopg.Connection, slug: str) -> ModuleRow | None:
    """One module, or None."""
    row = connection.execute(MODULES + "WHERE m.slug = %s", (slug,)).fetchone()
    return None if row is None else ModuleRow(*row)


def evidence(connection: psycopg.Connection, version_id: int) -> tuple[EvidenceRow, ...]:
    """The evidence of a version, in the order of the stages."""
    rows = connection.execute(
        "SELECT stage, verdict, key_id, payload_sha256, envelope"
        " FROM public.core_module_version_evidence WHERE module_version_id = %s"
        " ORDER BY array_position(ARRAY['lint-manifest', 'lint', 'test', 'build', 'scan',"
        " 'publish'], stage)",
        (version_id,),
    )
    return tuple(EvidenceRow(*row) for row in rows)


def evidence_of_all(
    connection: psycopg.Connection, slug: str
) -> dict[str, tuple[EvidenceRow, ...]]:
    """The evidence of every version of a module, by version, in the order of the stages."""
    rows = connection.execute(
        EVIDENCE,
        (slug,),
    )
    found: dict[str, list[EvidenceRow]] = {}
    for version, *row in rows.fetchall():
        found.setdefault(version, []).append(EvidenceRow(*row))
    return {version: tuple(each) for version, each in found.items()}


def become(connection: psycopg.Connection, role: str) -> None:
    """Take a role of the catalog with the fewest rights for what follows, until the transaction
    ends.

    A login that may not take it goes on with its own rights.
    """
    allowed = connection.execute(
        "SELECT pg_has_role(%s, CASE"
        " WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)",
        (role,),
    ).fetchone()
    if allowed is not None and allowed[0]:
        from psycopg.sql import SQL, Identifier

        connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))


def lock_module(connection: psycopg.Connection, slug: str) -> None:
    """Let one release of a module at a time through, until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (slug,))


def register_version(
    connection: psycopg.Connection,
    module: ModuleRow,
    version: ReleasedVersion,
    evidence: Sequence[EvidenceRow],
) -> None:
    """Add a version with its evidence and its module's line, by the database's own function.

    Raises `psycopg.IntegrityError` with the database's reasons where it refuses.
    """
    from psycopg.types.json import Jsonb

    connection.execute(
        "SELECT public.register_module_version(%s, %s, %s)",
        (Jsonb(asdict(module)), Jsonb(asdict(version)), Jsonb([asdict(each) for each in evidence])),
    )


def _version(row: Sequence[Any]) -> ReleasedVersion:
    return ReleasedVersion(
        id=row[0],
        slug=row[1],
        version=row[2],
        digest=row[3],
        bundle=row[4],
        status=row[5],
        manifest=row[6],
        settings_schema=row[7],
        migrations=tuple(MigrationDigest(**each) for each in row[8]),
        tables_created=tuple(row[9]),
        changelog=row[10],
        registry_manifest=row[11],
        registry_reference=row[12],
        policy=row[13],
        released_at=row[14],
        released_by=row[15],
        standing=tuple(row[16]),
        sunset=row[17],
    )
