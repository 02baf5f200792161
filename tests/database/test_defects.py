"""Every seeded defect is found by its check and what the findings say comes again when it is run
again; clean modules of many shapes give no finding."""

from __future__ import annotations

import json
import re

import pytest

from gates.database.proofs.upgrade.upgrade import upgrade
from gates.model import Verdict
from gates.module import Module, load
from tests.database.conftest import HEAD, results
from tests.database.corpus import DEFECTS, drop, protect, table
from tests.database.witnesses import unshown

ALL = (
    "migrations-apply", "migrations-idempotent", "rollback-restores", "table-columns",
    "tenant-index", "row-security", "tenant-isolation", "audit-trigger", "table-grants",
)  # fmt: skip

CLEAN_OF = (
    *ALL, "policy-shape", "owner-rights", "run-time-objects", "migrations-resume",
    "migration-locks", "high-volume-partitioned", "tables-declared",
)  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.check}:{defect.name}")
def test_defect_is_found(defect, sql_module, shared):
    module = sql_module(defect.files)
    result = results(module, shared, defect.check, look=unshown)[defect.check]
    assert result.reason is None
    assert result.verdict is Verdict.FAIL
    assert any(defect.says in finding.message for finding in result.findings), [
        finding.message for finding in result.findings
    ]
    assert all(finding.fix for finding in result.findings)


def test_the_names_of_the_corpus_are_unique():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


CLEAN = {
    "two-tables": (
        table("tags", "note_id bigint NOT NULL, name text NOT NULL,\n    CONSTRAINT"
              " tags_note_fkey FOREIGN KEY (tenant_id, note_id)"
              " REFERENCES tenant_sample_module_notes (tenant_id, id),\n    CONSTRAINT tags_key"
              " UNIQUE (tenant_id, note_id, name),"),
        drop("tags"),
    ),
    "uuid-key-alone": (
        """
CREATE TABLE IF NOT EXISTS tenant_sample_module_files (
    tenant_id uuid NOT NULL, id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
""" + protect("tenant_sample_module_files"),
        drop("files"),
    ),
    "partitions": (
        """
CREATE TABLE IF NOT EXISTS tenant_sample_module_events (
    tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    version integer NOT NULL DEFAULT 1, PRIMARY KEY (tenant_id, id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE IF NOT EXISTS tenant_sample_module_events_2026 PARTITION OF
    tenant_sample_module_events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE IF NOT EXISTS tenant_sample_module_events_rest PARTITION OF
    tenant_sample_module_events DEFAULT;
""" + protect("tenant_sample_module_events") + """
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits
        WHERE inhparent = 'tenant_sample_module_events'::regclass
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON %s', part);
        EXECUTE format('CREATE POLICY tenant_isolation ON %s'
            ' USING (tenant_id = (auth.jwt() ->> ''tenant_id'')::uuid)', part);
    END LOOP;
END
$$;
""",
        drop("events"),
    ),
    "types": (
        """
DO $$
BEGIN
    IF to_regtype('sample_module_state') IS NULL THEN
        CREATE TYPE sample_module_state AS ENUM ('open', 'done');
        CREATE DOMAIN sample_module_score AS integer CHECK (VALUE BETWEEN 40 AND 50);
        CREATE TYPE sample_module_point AS (x integer, label text);
    END IF;
END
$$;
""" + table("typed", """
    state sample_module_state NOT NULL, score sample_module_score NOT NULL,
    place sample_module_point NOT NULL, tags text[] NOT NULL, span tstzrange NOT NULL,
    code text NOT NULL CHECK (code ~ '^[A-Z]{3}-[0-9]{4}$'), price numeric(6, 2) NOT NULL,
    low integer NOT NULL, high integer NOT NULL CHECK (high > low AND low > 10),
    closed_at timestamptz, CHECK ((state = 'done') = (closed_at IS NOT NULL)),
    total numeric GENERATED ALWAYS AS (price * 2) STORED, CHECK (total > 4), data jsonb NOT NULL,
    address inet NOT NULL, name varchar(5) NOT NULL CHECK (length(name) = 5),"""),
        drop("typed") + "\nDROP TYPE IF EXISTS sample_module_state, sample_module_point;\n"
        "DROP DOMAIN IF EXISTS sample_module_score;",
    ),
    "one-row-for-each-tenant": (
        table("settings", "data jsonb NOT NULL DEFAULT '{}',",
              "CREATE UNIQUE INDEX IF NOT EXISTS tenant_sample_module_settings_key"
              " ON tenant_sample_module_settings (tenant_id);"),
        drop("settings"),
    ),
    "counter-by-trigger": (
        table("counts", "notes bigint NOT NULL DEFAULT 0,", """
CREATE UNIQUE INDEX IF NOT EXISTS tenant_sample_module_counts_key
    ON tenant_sample_module_counts (tenant_id);
CREATE OR REPLACE FUNCTION sample_module_count() RETURNS trigger LANGUAGE plpgsql
    SET search_path = '' AS $$
BEGIN
    INSERT INTO public.tenant_sample_module_counts (tenant_id, notes) VALUES (NEW.tenant_id, 1)
        ON CONFLICT (tenant_id) DO UPDATE SET notes = tenant_sample_module_counts.notes + 1;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION sample_module_count() FROM PUBLIC;
CREATE OR REPLACE TRIGGER tenant_sample_module_notes_count AFTER INSERT
    ON tenant_sample_module_notes FOR EACH ROW EXECUTE FUNCTION sample_module_count();
"""),
        "DROP TRIGGER IF EXISTS tenant_sample_module_notes_count ON tenant_sample_module_notes;\n"
        "DROP FUNCTION IF EXISTS sample_module_count();\n" + drop("counts"),
    ),
    "self-reference": (
        table("nodes", "parent_id bigint, CONSTRAINT nodes_fkey FOREIGN KEY (tenant_id, parent_id)"
              " REFERENCES tenant_sample_module_nodes (tenant_id, id),"),
        drop("nodes"),
    ),
    "views-and-functions": (
        """
CREATE OR REPLACE VIEW tenant_sample_module_recent WITH (security_invoker = true)
    AS SELECT * FROM tenant_sample_module_notes;
GRANT SELECT ON tenant_sample_module_recent TO tenant_app_role;
CREATE OR REPLACE FUNCTION sample_module_own() RETURNS bigint LANGUAGE sql
    SET search_path = '' AS $$ SELECT count(*) FROM public.tenant_sample_module_notes $$;
REVOKE EXECUTE ON FUNCTION sample_module_own() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sample_module_own() TO tenant_app_role;
""",
        "DROP FUNCTION IF EXISTS sample_module_own();\n"
        "DROP VIEW IF EXISTS tenant_sample_module_recent;",
    ),
    "platform-references": (
        table("assignments", "assignee uuid NOT NULL, CONSTRAINT assignments_tenant_fkey FOREIGN"
              " KEY (tenant_id) REFERENCES tenants (id), CONSTRAINT assignments_profile_fkey"
              " FOREIGN KEY (tenant_id, assignee) REFERENCES profiles (tenant_id, id),"),
        drop("assignments"),
    ),
    "tenant-by-default": (
        table("marks").replace(
            "tenant_id uuid NOT NULL",
            "tenant_id uuid NOT NULL DEFAULT nullif(auth.jwt() ->> 'tenant_id', '')::uuid",
        ),
        drop("marks"),
    ),
    "concurrently": (
        "DROP INDEX CONCURRENTLY IF EXISTS tenant_sample_module_notes_title_idx;\n"
        "CREATE INDEX CONCURRENTLY tenant_sample_module_notes_title_idx"
        " ON tenant_sample_module_notes (tenant_id, title);",
        "DROP INDEX CONCURRENTLY IF EXISTS tenant_sample_module_notes_title_idx;",
    ),
    "backfill": (
        "ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS colour text;\n"
        "UPDATE tenant_sample_module_notes SET colour = 'white' WHERE colour IS NULL;\n"
        "ALTER TABLE tenant_sample_module_notes ALTER COLUMN colour SET NOT NULL;",
        "ALTER TABLE tenant_sample_module_notes DROP COLUMN IF EXISTS colour;",
    ),
    "own-transaction": (
        "BEGIN;\nCOMMENT ON TABLE tenant_sample_module_notes IS 'Notes';\nCOMMIT;",
        "COMMENT ON TABLE tenant_sample_module_notes IS NULL;",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_clean_modules_give_no_finding(name, sql_module, shared, database):
    up, down = CLEAN[name]
    released = sql_module()
    files = {"001_more.sql": HEAD + up, "rollback/001_more.sql": HEAD + down}
    module = declared(sql_module(files), up)
    found = {
        check: (result.verdict, result.reason, [finding.message for finding in result.findings])
        for check, result in results(module, shared, *CLEAN_OF).items()
    }
    assert found == dict.fromkeys(CLEAN_OF, (Verdict.PASS, None, []))
    upgraded = upgrade(database(module), released, module)
    assert (upgraded.faults, upgraded.unfilled) == ([], ())


def declared(module: Module, sql: str) -> Module:
    """The module with the tables of a migration in its manifest; partitions are not listed."""
    path = module.root / "module.json"
    manifest = json.loads(path.read_text("utf-8"))
    names = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)(?! PARTITION OF)\b", sql)
    manifest["database_tables"] += names
    manifest["migrations"] = [each.path for each in module.migrations]
    path.write_text(json.dumps(manifest), "utf-8")
    return load(module.root)
