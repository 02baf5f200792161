"""Running twice, rolling back, and running at all."""

from __future__ import annotations

from tests.database.corpus.shape import TABLE, USING, Defect

MIGRATIONS = (
    # idempotency
    Defect("create-plain", "migrations-idempotent", "already exists", "CREATE TABLE IF NOT EXISTS",
           "CREATE TABLE"),
    Defect("policy-plain", "migrations-idempotent", "already exists",
           f"DROP POLICY IF EXISTS tenant_isolation ON {TABLE};\n", ""),
    Defect("constraint-doubled", "migrations-idempotent", "running it again changes something", "",
           "ALTER TABLE {T} ADD CHECK (title <> '');",
           "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_title_check;"),
    Defect("seed-doubled", "migrations-idempotent", "2 rows became 3", "",
           "INSERT INTO {T} (tenant_id, title) VALUES (gen_random_uuid(), 'first');\n"
           "INSERT INTO {T} (tenant_id, title) SELECT gen_random_uuid(), 'second'"
           " WHERE NOT EXISTS (SELECT FROM {T} WHERE title = 'second');",
           "DELETE FROM {T} WHERE title IN ('first', 'second');"),
    Defect("counter", "migrations-idempotent", "rows were changed", "",
           "UPDATE {T} SET version = version + 1;"),
    # rollback
    Defect("function-left", "rollback-restores", "is left behind", "",
           "CREATE OR REPLACE FUNCTION {P}x() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;"),
    Defect("default-not-restored", "rollback-restores", "default", "",
           "ALTER TABLE {T} ALTER COLUMN title SET DEFAULT '';"),
    Defect("index-not-restored", "rollback-restores", "is missing", "",
           "DROP INDEX IF EXISTS {T}_created_idx;"),
    Defect("comment-left", "rollback-restores", "comment", "", "COMMENT ON TABLE {T} IS 'Notes';"),
    Defect("grant-left", "rollback-restores", "grants", "",
           "GRANT DELETE ON {T} TO service_role;"),
    Defect("not-null-not-restored", "rollback-restores", "nullability", "",
           "ALTER TABLE {T} ALTER COLUMN title DROP NOT NULL;"),
    Defect("rollback-fails", "rollback-restores", "the rollback fails", "", "SELECT 1;",
           "DROP TABLE {P}nothing;"),
    Defect("rollback-loses-rows", "rollback-restores",
           "it does not bring back the rows as they were before this migration", "",
           "ALTER TABLE {T} ADD COLUMN IF NOT EXISTS colour text;",
           "ALTER TABLE {T} DROP COLUMN IF EXISTS colour;\nUPDATE {T} SET title = '';"),
    Defect("rollback-resets-version", "rollback-restores", "column version of table", "",
           "COMMENT ON TABLE {T} IS 'Notes';",
           "COMMENT ON TABLE {T} IS NULL;\nUPDATE {T} SET version = 1;"),
    # apply
    Defect("uuid-is-text", "migrations-apply", "operator does not exist: uuid = text", USING,
           "USING (tenant_id = auth.jwt() ->> 'tenant_id')"),
    Defect("no-such-extension", "migrations-apply", "is not available", "",
           "CREATE EXTENSION IF NOT EXISTS no_such_extension;"),
    Defect("alters-the-platform", "migrations-apply", "must be owner of table tenants", "",
           "ALTER TABLE tenants ADD COLUMN extra text;"),
    Defect("set-role", "migrations-apply", "permission denied to set role", "",
           "SET ROLE service_role;"),
    Defect("program", "migrations-apply", "COPY to or from an external program", "",
           "COPY {T} FROM PROGRAM 'true';"),
)  # fmt: skip
