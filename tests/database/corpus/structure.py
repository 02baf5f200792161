"""Row security, index and columns as the standard has them, or nearly."""

from __future__ import annotations

from tests.database.corpus.shape import (
    ISOLATION,
    POLICY,
    TABLE,
    Defect,
    drop,
    protect,
)

STRUCTURE = (
    # row security itself
    Defect("not-enabled", "row-security", "is not enabled",
           f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY;\n", ""),
    Defect("not-enabled-leaks", ISOLATION, "reads, adds, changes, gives away and deletes",
           f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY;\n", ""),
    Defect("not-forced", "row-security", "is not forced",
           f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY;\n", ""),
    Defect("undone-later", "row-security", "is not forced", "",
           "ALTER TABLE {T} NO FORCE ROW LEVEL SECURITY;",
           "ALTER TABLE {T} FORCE ROW LEVEL SECURITY;"),
    Defect("policy-for-select", "row-security", "covers only SELECT", POLICY,
           "    FOR SELECT USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);"),
    Defect("policy-misnamed", "row-security", "has no policy named tenant_isolation",
           f"CREATE POLICY tenant_isolation ON {TABLE}",
           f"DROP POLICY IF EXISTS isolation ON {TABLE};\nCREATE POLICY isolation ON {TABLE}"),
    Defect("unprotected-partition", "row-security", "the partition", "",
           """
CREATE TABLE IF NOT EXISTS {P}events (
    tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1, PRIMARY KEY (tenant_id, id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE IF NOT EXISTS {P}events_all PARTITION OF {P}events
    FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
""" + protect("{P}events"),
           drop("events")),
    # index
    Defect("index-ascending", "tenant-index", "is in the wrong direction",
           "(tenant_id, created_at DESC)", "(tenant_id, created_at)"),
    Defect("index-partial", "tenant-index", "is partial", "(tenant_id, created_at DESC)",
           "(tenant_id, created_at DESC) WHERE version > 0"),
    Defect("index-swapped", "tenant-index", "has no index", "(tenant_id, created_at DESC)",
           "(created_at DESC, tenant_id)"),
    Defect("index-brin", "tenant-index", "is a brin index",
           f"    ON {TABLE} (tenant_id, created_at DESC)",
           f"    ON {TABLE} USING brin (tenant_id, created_at)"),
    Defect("index-dropped-later", "tenant-index", "has no index", "",
           "DROP INDEX IF EXISTS {T}_created_idx;",
           "CREATE INDEX IF NOT EXISTS {T}_created_idx ON {T} (tenant_id, created_at DESC);"),
    # columns
    Defect("updated-as-text", "table-columns", "updated_at of type text", "updated_at timestamptz",
           "updated_at text"),
    Defect("created-nullable", "table-columns", "lets created_at be NULL",
           "created_at timestamptz NOT NULL DEFAULT now()", "created_at timestamptz DEFAULT now()"),
    Defect("no-default", "table-columns", "no default for created_at",
           "created_at timestamptz NOT NULL DEFAULT now()", "created_at timestamptz NOT NULL"),
    Defect("frozen-default", "table-columns", "as the default of created_at",
           "created_at timestamptz NOT NULL DEFAULT now()",
           "created_at timestamptz NOT NULL DEFAULT '2026-01-01'"),
    Defect("version-missing", "table-columns", "has no column version",
           "    version integer NOT NULL DEFAULT 1,\n", ""),
    Defect("int-id", "table-columns", "id of type integer",
           "id bigint GENERATED ALWAYS AS IDENTITY", "id integer GENERATED ALWAYS AS IDENTITY"),
    Defect("unnumbered-id", "table-columns", "that nothing numbers",
           "id bigint GENERATED ALWAYS AS IDENTITY", "id bigint NOT NULL"),
    Defect("key-of-title", "table-columns", "primary key (tenant_id, title)",
           "PRIMARY KEY (tenant_id, id)", "PRIMARY KEY (tenant_id, title)"),
    Defect("tenant-made-up", "table-columns", "without a tenant the tenant_id gen_random_uuid()",
           "tenant_id uuid NOT NULL", "tenant_id uuid NOT NULL DEFAULT gen_random_uuid()"),
    Defect("tenant-or-another", "table-columns", "without a tenant the tenant_id COALESCE",
           "tenant_id uuid NOT NULL", "tenant_id uuid NOT NULL DEFAULT coalesce((auth.jwt() ->>"
           " 'tenant_id')::uuid, '00000000-0000-0000-0000-000000000000')"),
    Defect("same-id", "table-columns", "gives every row the same id",
           "id bigint GENERATED ALWAYS AS IDENTITY", "id uuid NOT NULL DEFAULT md5('x')::uuid"),
    Defect("unlogged", "table-columns", "is unlogged", "", "ALTER TABLE {T} SET UNLOGGED;",
           "ALTER TABLE {T} SET LOGGED;"),
    Defect("dropped-later", "table-columns", "has no column updated_at", "",
           f"DROP TRIGGER IF EXISTS {TABLE}_updated_at ON {{T}};\n"
           "ALTER TABLE {T} DROP COLUMN IF EXISTS updated_at;", "SELECT 1;"),
)  # fmt: skip
