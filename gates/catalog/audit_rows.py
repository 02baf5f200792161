"""Reads the audit trail and its chain from a catalog's database: SQL, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.catalog.audit import Link
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

_READABLE = """
SELECT relkind = 'r' AND (NOT row_security_active(oid) OR pg_has_role(relowner, 'USAGE'))
    AND has_table_privilege('public.core_audit_chain', 'SELECT')
FROM pg_catalog.pg_class WHERE oid = 'public.audit_logs'::regclass
"""
# The text is made here and not by the database's core_audit_text(), which its owner could replace.
_LINKS = """
SELECT c.stream, c.sequence, c.audit_id, c.previous, c.hash, a.id IS NOT NULL,
    coalesce(a.tenant_id::text, 'catalog'),
    coalesce(pg_catalog.jsonb_build_array(
        c.stream, c.sequence, c.previous, a.id, a.tenant_id::text, a.table_name,
        a.operation, a.row_id, a.actor::text, a.db_role,
        a.old_data, a.new_data, extract(epoch FROM a.created_at)::text
    )::text, '')
FROM public.core_audit_chain AS c LEFT JOIN public.audit_logs AS a ON a.id = c.audit_id
ORDER BY c.stream, c.sequence
"""
_UNCHAINED = """
SELECT a.id, a.table_name FROM public.audit_logs AS a
WHERE NOT EXISTS (SELECT FROM public.core_audit_chain AS c WHERE c.audit_id = a.id)
ORDER BY a.id
"""
_AT_ONCE = 2000


def require_all_rows(connection: psycopg.Connection) -> None:
    """Raise `CouldNotCheckError` for a login that does not see the rows of every tenant."""
    row = connection.execute(_READABLE).fetchone()
    if row is None or not row[0]:
        raise CouldNotCheckError(
            "this login does not see every tenant's rows, so the audit trail cannot be verified",
            hint="connect as the owner of the catalog",
        )


def links(connection: psycopg.Connection) -> Iterator[Link]:
    """Every row of the chain with its row of the trail, by stream and place, a few at a time."""
    with connection.cursor("audit_links") as cursor:
        cursor.itersize = _AT_ONCE
        for row in cursor.execute(_LINKS):
            yield Link(*row)


def unchained(connection: psycopg.Connection) -> list[tuple[int, str]]:
    """Id and table name of the rows of the trail that are in no chain."""
    return [(int(row[0]), str(row[1])) for row in connection.execute(_UNCHAINED)]
