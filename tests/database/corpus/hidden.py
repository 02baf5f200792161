"""Faults that no reading of one file shows: in DO blocks, in loops, undone later, behind a view."""

from __future__ import annotations

from tests.database.corpus.shape import (
    CHECK,
    ISOLATION,
    TABLE,
    USING,
    Defect,
    drop,
    protect,
    table,
)

_EVENTS = """
CREATE TABLE IF NOT EXISTS {P}events (
    tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1, PRIMARY KEY (tenant_id, id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE IF NOT EXISTS {P}events_all PARTITION OF {P}events
    FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
""" + protect("{P}events")
_OWN = "tenant_id = (auth.jwt() ->> 'tenant_id')::uuid"

HIDDEN = (
    # in DO blocks and loops
    Defect("uuid-is-text-in-do", "migrations-apply", "operator does not exist: uuid = text", "",
           "DO $$\nBEGIN\n    EXECUTE format('DROP POLICY IF EXISTS %I ON %I', 'mine', '{T}');\n"
           "    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (tenant_id = auth.jwt()"
           " ->> %L)', 'mine', '{T}', 'tenant_id');\nEND\n$$;"),
    Defect("uuid-is-text-when-called", ISOLATION,
           "does not see its own row (operator does not exist: uuid = text)", "",
           "CREATE OR REPLACE FUNCTION {P}mine(t uuid) RETURNS boolean LANGUAGE plpgsql STABLE\n"
           "    SET search_path = '' AS $$ BEGIN RETURN t = auth.jwt() ->> 'tenant_id'; END $$;\n"
           "ALTER POLICY tenant_isolation ON {T} USING (public.{P}mine(tenant_id))"
           " WITH CHECK (public.{P}mine(tenant_id));",
           "ALTER POLICY tenant_isolation ON {T} " + USING + " " + CHECK + ";\n"
           "DROP FUNCTION IF EXISTS {P}mine(uuid);"),
    Defect("unforced-in-loop", "row-security", "is not forced", "",
           "DO $$\nDECLARE\n    t text;\nBEGIN\n    FOR t IN SELECT relname FROM pg_class WHERE"
           " relname LIKE '{P}notes' AND relkind = 'r' LOOP\n        EXECUTE 'ALTER TABLE ' || t"
           " || ' NO FO' || 'RCE ROW LEVEL SECURITY';\n    END LOOP;\nEND\n$$;",
           "ALTER TABLE {T} FORCE ROW LEVEL SECURITY;"),
    Defect("granted-in-loop", "table-grants", "to authenticated", "",
           "DO $$\nDECLARE\n    r text;\nBEGIN\n    FOREACH r IN ARRAY ARRAY['authenticated'] LOOP"
           "\n        EXECUTE format('GRANT SELECT ON %I TO %I', '{T}', r);\n    END LOOP;\nEND\n"
           "$$;", "REVOKE SELECT ON {T} FROM authenticated;"),
    # undone by a later statement
    Defect("audit-emptied-later", "audit-trigger", "has no audit trigger", "",
           "CREATE OR REPLACE FUNCTION sample_module_write_audit_log() RETURNS trigger\n"
           "LANGUAGE plpgsql SET search_path = '' AS $$\nBEGIN\n    RETURN NULL;\nEND;\n$$;\n"
           "CREATE OR REPLACE TRIGGER {T}_audit AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
           " EXECUTE FUNCTION sample_module_write_audit_log();",
           "CREATE OR REPLACE TRIGGER {T}_audit AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
           " EXECUTE FUNCTION audit_row_change();\n"
           "DROP FUNCTION IF EXISTS sample_module_write_audit_log();"),
    Defect("audit-for-replicas", "audit-trigger", "INSERT and UPDATE on", "",
           "ALTER TABLE {T} ENABLE REPLICA TRIGGER {T}_audit;",
           "ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    Defect("policy-dropped-later", "row-security", "has no policy named tenant_isolation", "",
           "DROP POLICY IF EXISTS tenant_isolation ON {T};",
           f"CREATE POLICY tenant_isolation ON {{T}} FOR ALL {USING} {CHECK};"),
    Defect("writes-swallowed", ISOLATION, "own row", "",
           "CREATE OR REPLACE FUNCTION {P}keep() RETURNS trigger LANGUAGE plpgsql"
           " SET search_path = '' AS $$ BEGIN RETURN NULL; END $$;\n"
           "CREATE OR REPLACE TRIGGER {T}_keep BEFORE UPDATE ON {T} FOR EACH ROW"
           " EXECUTE FUNCTION {P}keep();",
           "DROP TRIGGER IF EXISTS {T}_keep ON {T};\nDROP FUNCTION IF EXISTS {P}keep();"),
    # behind another object
    Defect("view-over-view", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE VIEW {P}inner AS SELECT * FROM {T};\n"
           "CREATE OR REPLACE VIEW {P}outer WITH (security_invoker = true)"
           " AS SELECT title FROM {P}inner;\n"
           "GRANT SELECT ON {P}inner, {P}outer TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}outer;\nDROP VIEW IF EXISTS {P}inner;"),
    Defect("view-calls-definer", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}titles() RETURNS SETOF text LANGUAGE sql"
           " SECURITY DEFINER SET search_path = '' AS $$ SELECT title FROM public.{T} $$;\n"
           "CREATE OR REPLACE VIEW {P}titles WITH (security_invoker = true)"
           " AS SELECT t FROM {P}titles() AS t;\n"
           "GRANT SELECT ON {P}titles TO tenant_app_role;",
           "DROP VIEW IF EXISTS {P}titles;\nDROP FUNCTION IF EXISTS {P}titles();"),
    Defect("view-of-one-column", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE VIEW {P}latest AS SELECT max(created_at) AS at FROM {T};\n"
           "GRANT SELECT ON {P}latest TO tenant_app_role;", "DROP VIEW IF EXISTS {P}latest;"),
    Defect("procedure-writes", ISOLATION, "change the rows of another", "",
           "CREATE OR REPLACE PROCEDURE {P}clear() LANGUAGE plpgsql SECURITY DEFINER\n"
           "    SET search_path = '' AS $$ BEGIN DELETE FROM public.{T}; END $$;",
           "DROP PROCEDURE IF EXISTS {P}clear();"),
    Defect("definer-argument-default", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}count(t uuid DEFAULT NULL) RETURNS bigint LANGUAGE sql\n"
           "    SECURITY DEFINER SET search_path = '' AS $$ SELECT count(*) FROM public.{T}"
           " WHERE t IS NULL OR tenant_id = t $$;", "DROP FUNCTION IF EXISTS {P}count(uuid);"),
    Defect("definer-error-tells", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}free(k bigint) RETURNS void LANGUAGE plpgsql\n"
           "    SECURITY DEFINER SET search_path = '' AS $$ BEGIN IF EXISTS (SELECT FROM public.{T}"
           " WHERE id = k) THEN RAISE EXCEPTION 'taken'; END IF; END $$;",
           "DROP FUNCTION IF EXISTS {P}free(bigint);"),
    Defect("inherited-table", ISOLATION, "tenant_sample_module_kept", "",
           "CREATE TABLE IF NOT EXISTS {P}kept () INHERITS ({T});\n"
           "GRANT SELECT ON {P}kept TO tenant_app_role;", drop("kept")),
    Defect("sequence-granted", "table-grants", "the sequence", "",
           "CREATE SEQUENCE IF NOT EXISTS {P}seq;\n"
           "GRANT UPDATE ON SEQUENCE {P}seq TO tenant_app_role;",
           "DROP SEQUENCE IF EXISTS {P}seq;"),
    Defect("default-privileges", "table-grants", "made later to anon", "",
           "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon;",
           "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM anon;"),
    Defect("reference-cascades", ISOLATION, "refers to a row of another tenant", "",
           table("links", "note_id bigint NOT NULL,",
                 "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_id_key CASCADE;\n"
                 "ALTER TABLE {T} ADD CONSTRAINT {T}_id_key UNIQUE (id);\n"
                 "ALTER TABLE {P}links ADD CONSTRAINT {P}links_note_fkey FOREIGN KEY (note_id)\n"
                 "    REFERENCES {T} (id) ON DELETE CASCADE;"),
           drop("links") + "\nALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_id_key CASCADE;"),
    Defect("exclusion-oracle", ISOLATION, "learns what another tenant has", "",
           "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_title_excl;\n"
           "ALTER TABLE {T} ADD CONSTRAINT {T}_title_excl EXCLUDE USING hash (title WITH =);",
           "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {T}_title_excl;"),
    Defect("one-tenant-alone", ISOLATION, "and can have no row beside it: unique key", "",
           "CREATE UNIQUE INDEX IF NOT EXISTS {P}one ON {T} ((tenant_id IS NOT NULL));",
           "DROP INDEX IF EXISTS {P}one;"),
    Defect("one-tenant-alone-by-exclusion", ISOLATION, "no row beside it: exclusion constraint", "",
           "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {P}one;\n"
           "ALTER TABLE {T} ADD CONSTRAINT {P}one"
           " EXCLUDE USING btree ((tenant_id IS NOT NULL) WITH =);",
           "ALTER TABLE {T} DROP CONSTRAINT IF EXISTS {P}one;"),
    Defect("runs-what-it-gets", ISOLATION, "lets one tenant change the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}run(q text) RETURNS void LANGUAGE plpgsql\n"
           "    SECURITY DEFINER SET search_path = '' AS $$ BEGIN EXECUTE q; END $$;",
           "DROP FUNCTION IF EXISTS {P}run(text);"),
    Defect("runs-what-is-appended", ISOLATION, "shows one tenant the rows of another", "",
           "CREATE OR REPLACE FUNCTION {P}count(q text) RETURNS bigint LANGUAGE plpgsql\n"
           "    SECURITY DEFINER SET search_path = '' AS $$ DECLARE n bigint; BEGIN\n"
           "    EXECUTE 'SELECT count(*) FROM public.' || q INTO n; RETURN n; END $$;",
           "DROP FUNCTION IF EXISTS {P}count(text);"),
    # plans that outlive a tenant
    Defect("immutable-reads-claims", ISOLATION, "of the tenant that had the connection before", "",
           "CREATE OR REPLACE FUNCTION {P}t() RETURNS uuid LANGUAGE sql IMMUTABLE\n"
           "    SET search_path = '' AS $$ SELECT (auth.jwt() ->> 'tenant_id')::uuid $$;\n"
           "ALTER POLICY tenant_isolation ON {T} USING (tenant_id = public.{P}t())"
           " WITH CHECK (tenant_id = public.{P}t());",
           "ALTER POLICY tenant_isolation ON {T} " + USING + " " + CHECK + ";\n"
           "DROP FUNCTION IF EXISTS {P}t();"),
    Defect("immutable-in-check-alone", ISOLATION, "adds rows of the tenant that had the connec", "",
           "CREATE OR REPLACE FUNCTION {P}t() RETURNS uuid LANGUAGE plpgsql IMMUTABLE\n"
           "    SET search_path = '' AS $$ BEGIN RETURN (auth.jwt() ->> 'tenant_id')::uuid;"
           " END $$;\n"
           "ALTER POLICY tenant_isolation ON {T} WITH CHECK (tenant_id = public.{P}t());",
           "ALTER POLICY tenant_isolation ON {T} " + CHECK + ";\n"
           "DROP FUNCTION IF EXISTS {P}t();"),
    # partitions
    Defect("partition-of-greater-ones", ISOLATION, "reads, adds, changes, gives away and", "",
           _EVENTS + "ALTER TABLE {P}events_all ENABLE ROW LEVEL SECURITY;\n"
           "ALTER TABLE {P}events_all FORCE ROW LEVEL SECURITY;\n"
           "DROP POLICY IF EXISTS tenant_isolation ON {P}events_all;\n"
           f"CREATE POLICY tenant_isolation ON {{P}}events_all USING ({_OWN.replace('=', '>=')});",
           drop("events")),
    Defect("partition-by-prefix", ISOLATION, "adds and gives away rows of another", "",
           _EVENTS + "ALTER TABLE {P}events_all ENABLE ROW LEVEL SECURITY;\n"
           "ALTER TABLE {P}events_all FORCE ROW LEVEL SECURITY;\n"
           "DROP POLICY IF EXISTS tenant_isolation ON {P}events_all;\n"
           f"CREATE POLICY tenant_isolation ON {{P}}events_all USING ({_OWN}) WITH CHECK\n"
           "    (left(tenant_id::text, 8) = left(auth.jwt() ->> 'tenant_id', 8));",
           drop("events")),
    Defect("partition-open", ISOLATION, "reads", "",
           _EVENTS + "ALTER TABLE {P}events_all ENABLE ROW LEVEL SECURITY;\n"
           "ALTER TABLE {P}events_all FORCE ROW LEVEL SECURITY;\n"
           "DROP POLICY IF EXISTS tenant_isolation ON {P}events_all;\n"
           "CREATE POLICY tenant_isolation ON {P}events_all USING (true);", drop("events")),
    Defect("partition-granted", "table-grants", "events_all", "",
           _EVENTS + "ALTER TABLE {P}events_all ENABLE ROW LEVEL SECURITY;\n"
           "ALTER TABLE {P}events_all FORCE ROW LEVEL SECURITY;\n"
           "DROP POLICY IF EXISTS tenant_isolation ON {P}events_all;\n"
           f"CREATE POLICY tenant_isolation ON {{P}}events_all USING ({_OWN});\n"
           "GRANT DELETE ON {P}events_all TO tenant_app_role;", drop("events")),
    Defect("index-on-parent-alone", "tenant-index", "events", "",
           _EVENTS.replace("INDEX IF NOT EXISTS {P}events_created_idx ON {P}events",
                           "INDEX IF NOT EXISTS {P}events_created_idx ON ONLY {P}events"),
           drop("events")),
    # running twice, rolling back
    Defect("enum-value-left", "rollback-restores", "state", "",
           "DO $$ BEGIN IF to_regtype('{P}state') IS NULL THEN CREATE TYPE {P}state"
           " AS ENUM ('open'); END IF; END $$;\nALTER TYPE {P}state ADD VALUE IF NOT EXISTS 'x';"),
    Defect("type-plain", "migrations-idempotent", "already exists", "",
           "CREATE TYPE {P}state AS ENUM ('open', 'done');", "DROP TYPE IF EXISTS {P}state;"),
    Defect("trigger-plain", "migrations-idempotent", "already exists", "",
           "CREATE TRIGGER {T}_again BEFORE UPDATE ON {T} FOR EACH ROW"
           " EXECUTE FUNCTION sample_module_set_updated_at();",
           "DROP TRIGGER IF EXISTS {T}_again ON {T};"),
    Defect("rows-made-again", "migrations-idempotent", "running it again changes something", "",
           "DELETE FROM {T} WHERE title = 'welcome';\nINSERT INTO {T} (tenant_id, title)"
           " VALUES ('00000000-0000-4000-8000-000000000000', 'welcome');",
           "DELETE FROM {T} WHERE title = 'welcome';"),
    Defect("policy-left", "rollback-restores", "policy narrow", "",
           "DROP POLICY IF EXISTS narrow ON {T};\nCREATE POLICY narrow ON {T} AS RESTRICTIVE"
           " FOR SELECT USING (version > 0);"),
    Defect("wider-type-stays", "rollback-restores", "title", "",
           "ALTER TABLE {T} ALTER COLUMN title TYPE varchar(200);"),
    Defect("column-back-empty", "rollback-restores", "it does not restore the schema", "",
           f"DROP TRIGGER IF EXISTS {TABLE}_updated_at ON {{T}};\n"
           "ALTER TABLE {T} DROP COLUMN IF EXISTS title;",
           "ALTER TABLE {T} ADD COLUMN IF NOT EXISTS title text NOT NULL DEFAULT '';\n"
           "ALTER TABLE {T} ALTER COLUMN title DROP DEFAULT;"),
)  # fmt: skip
