"""What the catalog says about a module's tables, in the shape that the standard is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Index:
    """One index of a table."""

    table: int
    name: str
    method: str
    valid: bool
    partial: bool
    columns: tuple[str, ...]
    """Key columns by name, "" for an expression."""
    descending: tuple[bool, ...]
    nulls_first: tuple[bool, ...] = ()

    @property
    def shown(self) -> str:
        """The key as one would write it: "(tenant_id, created_at DESC)"."""
        parts = [
            (name or "an expression") + (" DESC" if down else "") + _nulls(down, first)
            for name, down, first in zip(
                self.columns, self.descending, self.nulls_first or self.descending, strict=True
            )
        ]
        return f"({', '.join(parts)})"


def _nulls(descending: bool, first: bool) -> str:
    return "" if descending is first else (" NULLS FIRST" if first else " NULLS LAST")


@dataclass(frozen=True)
class RowPolicy:
    """One policy of a table."""

    table: int
    name: str
    command: str
    """"ALL", "SELECT", "INSERT", "UPDATE" or "DELETE"."""
    permissive: bool
    roles: tuple[str, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True)
class Grant:
    """What one role may do with one object, by somebody's GRANT."""

    kind: str
    """"table", "view", "materialized view", "sequence", "foreign table", "schema", "function" (only
    one with its owner's rights that can be called, or an aggregate over one) or "default
    privileges"."""
    schema: str
    name: str
    qualified: str
    column: str
    """Quoted, for a grant on a column; else ""."""
    grantee: str
    privileges: tuple[str, ...]
    grantable: bool


@dataclass(frozen=True)
class Partitioning:
    """How a table is partitioned, and a partition's place in it."""

    parent: int
    strategy: str
    """"range", "list" or "hash"."""
    key: str
    """As PostgreSQL writes it: "created_at"."""
    partition: str | None
    """The name of one partition; None for a table that has none."""
    bound: str
    """As PostgreSQL writes it: "FOR VALUES FROM ('2026-01-01 ..') TO (..)" or "DEFAULT"."""


@dataclass(frozen=True)
class Facts:
    """Of everything outside PostgreSQL's own schemas; filter by table or owner."""

    indexes: tuple[Index, ...]
    policies: tuple[RowPolicy, ...]
    grants: tuple[Grant, ...]
    """To others than the owner, on what the module's owner role owns."""
    partitionings: tuple[Partitioning, ...] = ()


_INDEXES = """
    SELECT i.indrelid, c.relname, m.amname, i.indisvalid AND i.indisready, i.indpred IS NOT NULL,
        ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(i.indkey::int2[])
            WITH ORDINALITY k(n, o)
            LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
            WHERE k.o <= i.indnkeyatts ORDER BY k.o),
        ARRAY(SELECT (p.v & 1) = 1 FROM unnest(i.indoption::int2[]) WITH ORDINALITY p(v, o)
            ORDER BY p.o),
        ARRAY(SELECT (p.v & 2) = 2 FROM unnest(i.indoption::int2[]) WITH ORDINALITY p(v, o)
            ORDER BY p.o)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    ORDER BY 1, 2"""
_POLICIES = """
    SELECT p.polrelid, p.polname, CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT'
        WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END,
        p.polpermissive, ARRAY(SELECT coalesce(r.rolname, 'PUBLIC') FROM unnest(p.polroles) o
            LEFT JOIN pg_roles r ON r.oid = o ORDER BY 1),
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
    FROM pg_policy p ORDER BY 1, 2"""
_GRANTS = """
    WITH acls AS (
        SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
            n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS full,
            '' AS attname, c.relowner AS owner, c.relacl AS acl
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        UNION ALL
        SELECT 'table', n.nspname, c.relname,
            quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname),
            c.relowner, a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.attacl IS NOT NULL
        UNION ALL
        SELECT 'schema', n.nspname, n.nspname, quote_ident(n.nspname), '', n.nspowner, n.nspacl
        FROM pg_namespace n
        UNION ALL
        SELECT 'function', n.nspname, p.proname, p.oid::regprocedure::text, '', p.proowner,
            coalesce(p.proacl, acldefault('f', p.proowner))
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
        WHERE (p.prosecdef OR EXISTS (SELECT FROM pg_proc s WHERE s.prosecdef AND s.oid IN (
                g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn,
                g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn)))
            AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        UNION ALL
        SELECT 'default privileges', coalesce(n.nspname, ''), CASE d.defaclobjtype
                WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
            coalesce('IN SCHEMA ' || quote_ident(n.nspname), ''), '', d.defaclrole, d.defaclacl
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace)
    SELECT s.kind, s.nspname, s.relname, s.full, s.attname, coalesce(r.rolname, 'PUBLIC'),
        array_agg(g.privilege_type ORDER BY g.privilege_type), bool_or(g.is_grantable)
    FROM acls s CROSS JOIN LATERAL aclexplode(s.acl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE s.owner = %s::regrole AND g.grantee <> s.owner
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 4, 5, 6"""

_PARTITIONINGS = """
    SELECT t.partrelid, CASE t.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END,
        substring(pg_get_partkeydef(t.partrelid) FROM '\\((.*)\\)$'), c.relname,
        coalesce(pg_get_expr(c.relpartbound, c.oid), '')
    FROM pg_partitioned_table t LEFT JOIN pg_inherits i ON i.inhparent = t.partrelid
        LEFT JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
    ORDER BY 1, 4"""


def read_facts(connection: psycopg.Connection[tuple[Any, ...]], owner: str) -> Facts:
    """Read them from one database; grants on what `owner` owns."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = ''")
        indexes = [
            Index(table, name, method, valid, partial, tuple(columns), tuple(down), tuple(first))
            for table, name, method, valid, partial, columns, down, first in cursor.execute(
                _INDEXES
            )
        ]
        policies = [
            RowPolicy(table, name, command, permissive, tuple(roles), using, check)
            for table, name, command, permissive, roles, using, check in cursor.execute(_POLICIES)
        ]
        grants = [
            Grant(kind, schema, name, full, column, grantee, tuple(privileges), grantable)
            for kind, schema, name, full, column, grantee, privileges, grantable in (
                cursor.execute(_GRANTS, (owner,))
            )
        ]
        partitionings = [Partitioning(*row) for row in cursor.execute(_PARTITIONINGS)]
    return Facts(tuple(indexes), tuple(policies), tuple(grants), tuple(partitionings))
