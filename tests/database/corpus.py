"""Seeded defects: each is one fault in an otherwise clean module, with the check that finds it.

The clean module is the Python base (one table, `tenant_sample_module_notes`). A defect replaces a
part of its migration, or adds a second file; `{T}` is the table, `{P}` the prefix of the module.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.database.conftest import BASE, HEAD, TABLE

USING = "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)"
CHECK = "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)"
POLICY = f"    FOR ALL\n    {USING}\n    {CHECK};"


@dataclass(frozen=True)
class Defect:
    """One fault."""

    name: str
    check: str
    """The id of the check that must find it."""
    says: str
    """A part of the finding's message."""
    old: str = ""
    """What of the base's migration it replaces; "" appends a second file instead."""
    new: str = ""
    down: str = ""
    """The rollback of the second file."""

    @property
    def files(self) -> dict[str, str]:
        new = self.new.format(T=TABLE, P="tenant_sample_module_") if not self.old else self.new
        if self.old:
            assert self.old in BASE, self.name
            return {"000_init.sql": BASE.replace(self.old, new)}
        down = self.down.format(T=TABLE, P="tenant_sample_module_")
        return {"001_more.sql": HEAD + new, "rollback/001_more.sql": HEAD + (down or "SELECT 1;")}


def table(name: str, columns: str = "", after: str = "") -> str:
    """A second table that meets the standard, with more columns and statements."""
    full = f"tenant_sample_module_{name}"
    return f"""
CREATE TABLE IF NOT EXISTS {full} (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    {columns}
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT {full}_pkey PRIMARY KEY (tenant_id, id)
);
{protect(full)}
{after}
"""


def protect(full: str) -> str:
    """Index, row security, policy, audit trigger and grants for a table."""
    return f"""
CREATE INDEX IF NOT EXISTS {full}_created_idx ON {full} (tenant_id, created_at DESC);
ALTER TABLE {full} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {full} FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_isolation ON {full};
CREATE POLICY tenant_isolation ON {full} FOR ALL {USING} {CHECK};
CREATE OR REPLACE TRIGGER {full}_audit AFTER INSERT OR UPDATE ON {full}
    FOR EACH ROW EXECUTE FUNCTION sample_module_write_audit_log();
REVOKE ALL ON {full} FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON {full} TO tenant_app_role;
"""


def drop(*names: str) -> str:
    return "\n".join(f"DROP TABLE IF EXISTS tenant_sample_module_{name};" for name in names)


ISOLATION = "tenant-isolation"
DEFECTS = (
    # policies: right name, wrong expression
    Defect("using-true", ISOLATION, "reads, changes and deletes", USING, "USING (true)"),
    Defect("check-true", ISOLATION, "adds and gives away", CHECK, "WITH CHECK (true)"),
    Defect("null-passes", ISOLATION, "without any tenant reads rows", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR auth.jwt() IS NULL)"),
    Defect("setting-null-passes", ISOLATION, "without any tenant reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR current_setting('request.jwt.claims', true) IS NULL)"),
    Defect("empty-passes", ISOLATION, "with claims that are empty reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR current_setting('request.jwt.claims', true) = '')"),
    Defect("coalesce-own", ISOLATION, "reads rows", USING,
           "USING (tenant_id = coalesce((auth.jwt() ->> 'tenant_id')::uuid, tenant_id))"),
    Defect("not-distinct-wrong-way", ISOLATION, "reads", USING,
           "USING (tenant_id IS DISTINCT FROM NULL)"),
    Defect("empty-object-passes", ISOLATION, "without a tenant reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR"
           " (auth.jwt() IS NOT NULL AND NOT auth.jwt() ? 'tenant_id'))"),
    Defect("wrong-claim", ISOLATION, "does not see its own row", POLICY,
           "FOR ALL USING (tenant_id = (auth.jwt() ->> 'team_id')::uuid);"),
    Defect("wrong-column", ISOLATION, "reads", POLICY,
           "FOR ALL USING ((auth.jwt() ->> 'tenant_id')::uuid IS NOT NULL);"),
    Defect("self-comparison", ISOLATION, "reads", USING,
           "USING (tenant_id = tenant_sample_module_notes.tenant_id)"),
    Defect("literal-prefix", ISOLATION, "reads", USING,
           "USING (auth.jwt() ->> 'tenant_id' LIKE '%' || left(tenant_id::text, 0) || '%')"),
    Defect("role-decides", ISOLATION, "reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"
           " OR auth.role() = 'tenant_app_role')"),
    Defect("old-rows-public", ISOLATION, "reads", USING,
           "USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR version = 1)"),
    Defect("move-allowed", ISOLATION, "adds and gives away", CHECK,
           "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR title <> '')"),
    # policies that add up
    Defect("second-permissive", ISOLATION, "reads", "",
           "DROP POLICY IF EXISTS helpers ON {T};\n"
           "CREATE POLICY helpers ON {T} FOR SELECT USING (true);",
           "DROP POLICY IF EXISTS helpers ON {T};"),
    Defect("second-for-update", ISOLATION, "changes", "",
           "DROP POLICY IF EXISTS fix ON {T};\n"
           "CREATE POLICY fix ON {T} FOR UPDATE USING (version = 1)"
           " WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);",
           "DROP POLICY IF EXISTS fix ON {T};"),
    Defect("second-for-insert", ISOLATION, "adds", "",
           "DROP POLICY IF EXISTS load ON {T};\n"
           "CREATE POLICY load ON {T} FOR INSERT WITH CHECK (title IS NOT NULL);",
           "DROP POLICY IF EXISTS load ON {T};"),
    Defect("second-for-delete", ISOLATION, "deletes", "",
           "DROP POLICY IF EXISTS purge ON {T};\n"
           "CREATE POLICY purge ON {T} FOR DELETE USING (true);",
           "DROP POLICY IF EXISTS purge ON {T};"),
    Defect("policy-calls-function", ISOLATION, "reads", "",
           "CREATE OR REPLACE FUNCTION {P}may() RETURNS boolean LANGUAGE sql STABLE"
           " SET search_path = '' AS $$ SELECT auth.uid() IS NOT NULL $$;\n"
           "DROP POLICY IF EXISTS members ON {T};\n"
           "CREATE POLICY members ON {T} FOR SELECT USING ({P}may());",
           "DROP POLICY IF EXISTS members ON {T};\nDROP FUNCTION IF EXISTS {P}may();"),
    Defect("policy-in-do-block", ISOLATION, "reads", "",
           "DO $$\nBEGIN\n    EXECUTE format('DROP POLICY IF EXISTS %I ON %I', 'open', '{T}');\n"
           "    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (1 = 1)', 'open', '{T}');\n"
           "END\n$$;",
           "DROP POLICY IF EXISTS open ON {T};"),
    Defect("altered-later", ISOLATION, "reads", "",
           "ALTER POLICY tenant_isolation ON {T} USING (tenant_id IS NOT NULL);",
           "ALTER POLICY tenant_isolation ON {T} " + USING + ";"),
    Defect("restrictive-alone", ISOLATION, "does not see its own row", "    FOR ALL\n",
           "    AS RESTRICTIVE FOR ALL\n"),
    Defect("for-one-role", "row-security", "is for authenticated alone", "    FOR ALL\n",
           "    FOR ALL TO authenticated\n"),
    # keys and references
    Defect("unique-oracle", ISOLATION, "learns what another tenant has", "    title text NOT NULL,",
           "    title text NOT NULL UNIQUE,"),
    Defect("unique-index-oracle", ISOLATION, "learns what another tenant has", "",
           "CREATE UNIQUE INDEX IF NOT EXISTS {T}_title_key ON {T} (lower(title));",
           "DROP INDEX IF EXISTS {T}_title_key;"),
    Defect("partial-unique-oracle", ISOLATION, "learns what another tenant has", "",
           "CREATE UNIQUE INDEX IF NOT EXISTS {T}_title_key ON {T} (title) WHERE version = 1;",
           "DROP INDEX IF EXISTS {T}_title_key;"),
    Defect("reference-across", ISOLATION, "refers to a row of another tenant", "",
           table("links", "note_id bigint NOT NULL,",
                 "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_id_key CASCADE;\n"
                 "ALTER TABLE {T} ADD CONSTRAINT {T}_id_key UNIQUE (id);\n"
                 "ALTER TABLE {P}links ADD CONSTRAINT {P}links_note_fkey\n"
                 "    FOREIGN KEY (note_id) REFERENCES {T} (id);"),
           drop("links") + "\nALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_id_key CASCADE;"),
    # views and functions
    Defect("view-without-invoker", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE VIEW {P}recent AS SELECT * FROM {T};\n"
           "GRANT SELECT ON {P}recent TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}recent;"),
    Defect("view-of-counts", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE VIEW {P}total AS SELECT count(*) AS n FROM {T};\n"
           "GRANT SELECT ON {P}total TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}total;"),
    Defect("materialized-view", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE MATERIALIZED VIEW IF NOT EXISTS {P}cache AS SELECT * FROM {T};\n"
           "GRANT SELECT ON {P}cache TO tenant_app_role;",
           "DROP MATERIALIZED VIEW IF EXISTS {P}cache;"),
    Defect("definer-reads", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}all() RETURNS SETOF {T} LANGUAGE sql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ SELECT * FROM public.{T} $$;",
           "DROP FUNCTION IF EXISTS {P}all();"),
    Defect("definer-takes-tenant", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}of(t uuid) RETURNS bigint LANGUAGE sql\n"
           "    SECURITY DEFINER SET search_path = ''\n"
           "    AS $$ SELECT count(*) FROM public.{T} WHERE tenant_id = t $$;",
           "DROP FUNCTION IF EXISTS {P}of(uuid);"),
    Defect("definer-writes", ISOLATION, "change the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}reset() RETURNS void LANGUAGE sql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ UPDATE public.{T} SET title = '' $$;",
           "DROP FUNCTION IF EXISTS {P}reset();"),
    Defect("definer-for-nobody", ISOLATION, "a session without a tenant the rows", "",
           "CREATE OR REPLACE FUNCTION {P}n() RETURNS bigint LANGUAGE sql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ SELECT count(*) FROM public.{T} WHERE tenant_id =\n"
           "    coalesce((auth.jwt() ->> 'tenant_id')::uuid, tenant_id) $$;",
           "DROP FUNCTION IF EXISTS {P}n();"),
    Defect("nobody-adds", ISOLATION, "without any tenant may INSERT", CHECK,
           "WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR auth.jwt() IS NULL)"),
    Defect("organisation-for-tenant", ISOLATION, "does not see its own row", POLICY,
           "FOR ALL USING (tenant_id = (auth.jwt() ->> 'organization_id')::uuid);"),
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
    Defect("dropped-later", "table-columns", "has no column updated_at", "",
           f"DROP TRIGGER IF EXISTS {TABLE}_updated_at ON {{T}};\n"
           "ALTER TABLE {T} DROP COLUMN IF EXISTS updated_at;", "SELECT 1;"),
    # audit
    Defect("audit-missing", "audit-trigger", "INSERT and UPDATE on",
           "AFTER INSERT OR UPDATE ON", "AFTER DELETE ON"),
    Defect("audit-disabled", "audit-trigger", "INSERT and UPDATE on", "",
           "ALTER TABLE {T} DISABLE TRIGGER {T}_audit;",
           "ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    Defect("audit-sometimes", "audit-trigger", "UPDATE on",
           "    FOR EACH ROW EXECUTE FUNCTION sample_module_write_audit_log();",
           "    FOR EACH ROW WHEN (NEW.version > 1000) EXECUTE FUNCTION"
           " sample_module_write_audit_log();"),
    Defect("audit-other-name", "audit-trigger", "INSERT and UPDATE on", "TG_TABLE_NAME", "'notes'"),
    Defect("audit-fails", "audit-trigger", "_notes fails in a trigger",
           "INSERT INTO public.audit_logs", "INSERT INTO public.audit_log"),
    Defect("audit-of-old", "audit-trigger", "fails in a trigger", "NEW.tenant_id, TG",
           "OLD.tenant_id, TG"),
    Defect("audit-before", "audit-trigger", "the INSERT has no effect", "AFTER INSERT OR UPDATE ON",
           "BEFORE INSERT OR UPDATE ON"),
    # grants
    Defect("grant-all", "table-grants", "TRUNCATE", "GRANT SELECT, INSERT, UPDATE ON",
           "GRANT ALL ON"),
    Defect("grant-public", "table-grants", "grants SELECT to PUBLIC", "",
           "GRANT SELECT ON {T} TO PUBLIC;", "REVOKE SELECT ON {T} FROM PUBLIC;"),
    Defect("grant-anon", "table-grants", "to anon", "",
           "DO $$ BEGIN EXECUTE 'GRANT SELECT ON {T} TO ' || 'anon'; END $$;",
           "REVOKE SELECT ON {T} FROM anon;"),
    Defect("grant-column", "table-grants", "(title) to authenticated", "",
           "GRANT UPDATE (title) ON {T} TO authenticated;",
           "REVOKE UPDATE (title) ON {T} FROM authenticated;"),
    Defect("grant-option", "table-grants", "the right to grant on",
           "UPDATE ON tenant_sample_module_notes TO tenant_app_role;",
           "UPDATE ON tenant_sample_module_notes TO tenant_app_role WITH GRANT OPTION;"),
    Defect("grant-truncate-leaks", ISOLATION, "empties the table of all tenants",
           "GRANT SELECT, INSERT, UPDATE ON", "GRANT SELECT, INSERT, UPDATE, TRUNCATE ON"),
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
    Defect("rollback-loses-rows", "rollback-restores", "it changes rows of the version before", "",
           "ALTER TABLE {T} ADD COLUMN IF NOT EXISTS colour text;",
           "ALTER TABLE {T} DROP COLUMN IF EXISTS colour;\nUPDATE {T} SET title = '';"),
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
