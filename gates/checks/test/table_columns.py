"""Every table has the columns of the standard, with their types and defaults."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.catalog_state.tables import Column, Table
from gates.database.proofs.isolation.column_defaults import gives_the_tenant, is_constant
from gates.model import Finding, Stage

NOW = frozenset({"now()", "CURRENT_TIMESTAMP", "transaction_timestamp()", "statement_timestamp()"})


@check(Stage.TEST)
def table_columns(database: Database) -> Iterator[Finding]:
    """Every table has the columns of the standard, with their types and defaults.

    Why: provisioning, retention, export and the audit trail read these columns of every table of
        every module, and do not ask. A default on tenant_id gives a row that forgot its tenant a
        made-up one (the session's own tenant is allowed); an unlogged table is empty after a crash.
    Bad: tenant_id TEXT; tenant_id uuid DEFAULT gen_random_uuid(); created_at TIMESTAMP; no version
        column; PRIMARY KEY (name); CREATE UNLOGGED TABLE
    Good: tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, created_at timestamptz
        NOT NULL DEFAULT now(), updated_at timestamptz, version integer NOT NULL DEFAULT 1, PRIMARY
        KEY (tenant_id, id)
    Fix: run the ALTER TABLE that the finding shows, in a new migration if the table is released.
    """
    for table in database.tables("column conformance"):
        # A partition has the columns of its parent, and a log of its own.
        own = table.partition_of is None
        found = [*_columns(table), *_id(table), *_defaults(database, table)] if own else []
        for message, fix in (*found, *_unlogged(database, table)):
            yield table_columns.finding(f"{table.name} {message}", database.place(table), fix=fix)


def _columns(table: Table) -> Iterator[tuple[str, str]]:
    for name, type_, not_null, default in (
        ("tenant_id", "uuid", True, None),
        ("created_at", "timestamp with time zone", True, "now()"),
        ("updated_at", "timestamp with time zone", False, None),
        ("version", "integer", True, "1"),
    ):
        column = table.column(name)
        short = type_.replace("timestamp with time zone", "timestamptz")
        alter = f"ALTER TABLE {table.qualified}"
        if column is None:
            extra = (" NOT NULL" if not_null else "") + (f" DEFAULT {default}" if default else "")
            yield f"has no column {name}", f"{alter} ADD COLUMN {name} {short}{extra};"
            continue
        change = f"{alter} ALTER COLUMN {name}"
        if column.type != type_:
            message = f"has {name} of type {column.type} instead of {short}"
            yield message, f"{change} TYPE {short} USING {name}::{short};"
        if column.generated is not None:
            yield (
                f"generates {name} from {column.generated}",
                f"{alter} ALTER COLUMN {name} DROP EXPRESSION;",
            )
            continue
        if not not_null and column.not_null and column.default is None:
            message = f"asks for {name} in every new row: it is NOT NULL without a default"
            yield message, f"{change} DROP NOT NULL;"
        if not_null and not column.not_null:
            yield f"lets {name} be NULL", f"{change} SET NOT NULL;"
        if default is not None and not _defaults_to(column, default):
            has = (
                f"has {column.default} as the default of"
                if column.default
                else "has no default for"
            )
            yield f"{has} {name}, which must be {default}", f"{change} SET DEFAULT {default};"


def _unlogged(database: Database, table: Table) -> Iterator[tuple[str, str]]:
    properties = database.in_use.snapshot.objects.get(f"table {table.qualified}", {})
    if properties.get("persistence") == "unlogged":
        yield "is unlogged: after a crash it is empty", f"ALTER TABLE {table.qualified} SET LOGGED;"


def _defaults(database: Database, table: Table) -> Iterator[tuple[str, str]]:
    """Defaults that give a row what only its writer or the server can know."""
    tenant, key = table.tenant, table.column("id")
    given = tenant if tenant is not None and tenant.generated is None else None
    if given is not None and given.default and not gives_the_tenant(database, given):
        message = f"gives a row without a tenant the tenant_id {given.default}"
        yield message, f"ALTER TABLE {table.qualified} ALTER COLUMN tenant_id DROP DEFAULT;"
    if key is not None and key.generated is None and is_constant(database, key):
        change = f"ALTER TABLE {table.qualified} ALTER COLUMN id"
        fix = f"{change} SET DEFAULT gen_random_uuid();"
        if key.type != "uuid":
            fix = f"{change} DROP DEFAULT, ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;"
        yield f"gives every row the same id, {key.default}", fix


def _defaults_to(column: Column, default: str) -> bool:
    given = column.default or ""
    return given in NOW if default == "now()" else given == default


def _id(table: Table) -> Iterator[tuple[str, str]]:
    alter = f"ALTER TABLE {table.qualified}"
    column = table.column("id")
    if column is None:
        yield (
            "has no column id",
            f"{alter} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;",
        )
    elif column.type not in {"bigint", "uuid"}:
        kind = "bigint" if column.type in {"integer", "smallint"} else "uuid"
        yield (
            f"has id of type {column.type} instead of bigint or uuid",
            f"{alter} ALTER COLUMN id TYPE {kind} USING id::{kind};",
        )
    elif column.type == "bigint" and not column.identity and not _numbered(column):
        yield (
            "has a bigint id that nothing numbers",
            f"{alter} ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;",
        )
    allowed = {"id", "tenant_id"}
    allowed |= {table.by_number[number].name for number in table.partition_key if number}
    if table.primary is None:
        yield "has no primary key", f"{alter} ADD PRIMARY KEY (tenant_id, id);"
        return
    names = [table.by_number[number].name for number in table.primary.columns]
    if "id" not in names or not allowed.issuperset(names):
        yield (
            f"has the primary key ({', '.join(names)}), which must be id alone or together with"
            " tenant_id or the partition key",
            f"{alter} DROP CONSTRAINT {table.primary.name}, ADD PRIMARY KEY (tenant_id, id);",
        )


def _numbered(column: Column) -> bool:
    return (column.default or "").startswith("nextval(")
