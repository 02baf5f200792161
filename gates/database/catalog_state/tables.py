"""Tables as the proofs need them: columns with types, keys, checks, and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gates.records import dataclass, field, replace

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Column:
    """One column. `type_oid` and `modifier` are those of pg_attribute."""

    name: str
    quoted: str
    number: int
    type: str
    """As `format_type` writes it, with its modifier."""
    type_oid: int
    not_null: bool
    default: str | None
    identity: str
    """"a" always, "d" by default, "" none."""
    generated: str | None
    """The expression of a generated column."""


@dataclass(frozen=True)
class Key:
    """A primary key, a unique constraint, or a unique index, by column numbers."""

    name: str
    columns: tuple[int, ...]
    """0 stands for an expression."""
    primary: bool
    partial: bool
    nulls_equal: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    name: str
    quoted: str
    columns: tuple[int, ...]
    target: int
    """The oid of the table that it refers to."""
    target_columns: tuple[int, ...]
    deferrable: bool


@dataclass(frozen=True)
class CheckRule:
    """A CHECK constraint: the columns that it reads and its expression."""

    name: str
    columns: tuple[int, ...]
    expression: str


@dataclass(frozen=True)
class Table:
    """One table, partitioned table or partition."""

    oid: int
    schema: str
    name: str
    qualified: str
    """Schema and name, quoted where necessary: ready for SQL."""
    partitioned: bool
    partition_of: int | None
    partition_rule: str | None
    """The condition that rows of this partition meet."""
    row_security: bool
    forced: bool
    partition_key: tuple[int, ...]
    """Column numbers of a partitioned table's key; 0 stands for an expression."""
    columns: tuple[Column, ...] = field(default=(), repr=False)
    keys: tuple[Key, ...] = field(default=(), repr=False)
    references: tuple[Reference, ...] = field(default=(), repr=False)
    checks: tuple[CheckRule, ...] = field(default=(), repr=False)
    exclusions: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def by_number(self) -> Mapping[int, Column]:
        """The columns by their numbers in the catalog."""
        return {each.number: each for each in self.columns}

    @property
    def label(self) -> str:
        """How findings call it: "table public.x"."""
        return f"table {self.schema}.{self.name}"

    @cached_property
    def tenant(self) -> Column | None:
        """The column `tenant_id`."""
        return self.column("tenant_id")

    def column(self, name: str) -> Column | None:
        """A column by name."""
        return next((each for each in self.columns if each.name == name), None)

    @cached_property
    def primary(self) -> Key | None:
        """The primary key."""
        return next((key for key in self.keys if key.primary), None)


_TABLES = """
    SELECT c.oid, n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
        c.relkind = 'p', (SELECT i.inhparent FROM pg_inherits i
            WHERE i.inhrelid = c.oid AND c.relispartition),
        CASE WHEN c.relispartition THEN pg_get_partition_constraintdef(c.oid) END,
        c.relrowsecurity, c.relforcerowsecurity, coalesce((SELECT p.partattrs::int2[]
            FROM pg_partitioned_table p WHERE p.partrelid = c.oid), '{}')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%'
        AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
            AND e.objid = c.oid AND e.deptype = 'e')
    ORDER BY 2, 3"""

_COLUMNS = """
    SELECT a.attrelid, a.attname, quote_ident(a.attname), a.attnum,
        format_type(a.atttypid, a.atttypmod), a.atttypid, a.attnotnull,
        CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
        a.attidentity::text, CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY 1, a.attnum"""

_KEYS = """
    SELECT i.indrelid, c.relname, i.indkey::int2[], i.indnkeyatts, i.indisprimary,
        i.indpred IS NOT NULL
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisunique AND i.indrelid = ANY (%s::oid[]) ORDER BY 1, 2"""

_CONSTRAINTS = """
    SELECT k.conrelid, k.contype::text, k.conname, quote_ident(k.conname), k.conkey, k.confrelid,
        k.confkey, k.condeferrable, pg_get_expr(k.conbin, k.conrelid)
    FROM pg_constraint k
    WHERE k.conrelid = ANY (%s::oid[]) AND k.contype IN ('f', 'c', 'x')
        AND NOT (k.contype = 'f' AND k.conparentid <> 0 AND k.confrelid <> (
            SELECT p.confrelid FROM pg_constraint p WHERE p.oid = k.conparentid))
    ORDER BY 1, 3"""


def read_tables(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[int, Table]:
    """Every table outside PostgreSQL's own schemas and extensions, by oid, in order of name."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = ''")
        heads = cursor.execute(_TABLES).fetchall()
        oids = [head[0] for head in heads]
        columns: dict[int, list[Column]] = {oid: [] for oid in oids}
        for oid, *rest in cursor.execute(_COLUMNS, (oids,)):
            columns[oid].append(Column(*rest))
        keys: dict[int, list[Key]] = {oid: [] for oid in oids}
        for oid, name, numbers, count, primary, partial in cursor.execute(_KEYS, (oids,)):
            keys[oid].append(Key(name, tuple(numbers[:count]), primary, partial))
        references: dict[int, list[Reference]] = {oid: [] for oid in oids}
        checks: dict[int, list[CheckRule]] = {oid: [] for oid in oids}
        exclusions: dict[int, list[str]] = {oid: [] for oid in oids}
        for (
            oid,
            kind,
            name,
            quoted,
            numbers,
            target,
            targets,
            deferrable,
            expression,
        ) in cursor.execute(_CONSTRAINTS, (oids,)):
            if kind == "f":
                references[oid].append(
                    Reference(name, quoted, tuple(numbers), target, tuple(targets), deferrable)
                )
            elif kind == "c":
                checks[oid].append(CheckRule(name, tuple(numbers or ()), expression))
            else:
                exclusions[oid].append(name)
    tables = {}
    for head in heads:
        oid = head[0]
        tables[oid] = replace(
            Table(*head),
            partition_key=tuple(head[-1]),
            columns=tuple(columns[oid]),
            keys=tuple(keys[oid]),
            references=tuple(references[oid]),
            checks=tuple(checks[oid]),
            exclusions=tuple(exclusions[oid]),
        )
    return tables
