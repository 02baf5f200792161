SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The lines of a report, one per table.
CREATE TABLE IF NOT EXISTS tenant_retention_report_items (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id uuid NOT NULL,
    table_name text NOT NULL,
    retention_days integer NOT NULL,
    rows_total bigint NOT NULL,
    rows_expired bigint NOT NULL,
    oldest_row_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT tenant_retention_report_items_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tenant_retention_report_items_run_fkey
        FOREIGN KEY (tenant_id, run_id) REFERENCES tenant_retention_report_runs (tenant_id, id),
    CONSTRAINT tenant_retention_report_items_table_key UNIQUE (tenant_id, run_id, table_name),
    CONSTRAINT tenant_retention_report_items_days_check
        CHECK (retention_days BETWEEN 1 AND 3650),
    CONSTRAINT tenant_retention_report_items_rows_check
        CHECK (rows_total >= 0 AND rows_expired >= 0)
);

CREATE INDEX IF NOT EXISTS tenant_retention_report_items_created_idx
    ON tenant_retention_report_items (tenant_id, created_at DESC);

ALTER TABLE tenant_retention_report_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_retention_report_items FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation ON tenant_retention_report_items;
CREATE POLICY tenant_isolation ON tenant_retention_report_items
    FOR ALL
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);

CREATE OR REPLACE TRIGGER tenant_retention_report_items_updated_at
    BEFORE UPDATE ON tenant_retention_report_items
    FOR EACH ROW EXECUTE FUNCTION retention_report_set_updated_at();
CREATE OR REPLACE TRIGGER tenant_retention_report_items_audit
    AFTER INSERT OR UPDATE ON tenant_retention_report_items
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();

REVOKE ALL ON tenant_retention_report_items FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON tenant_retention_report_items TO tenant_app_role;
