SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- One report: asked for by a user or by the schedule, filled by the job.
CREATE TABLE IF NOT EXISTS tenant_retention_report_runs (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    status text NOT NULL DEFAULT 'queued',
    reference_date date NOT NULL,
    requested_by uuid,
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT tenant_retention_report_runs_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tenant_retention_report_runs_status_check
        CHECK (status IN ('queued', 'completed'))
);

CREATE INDEX IF NOT EXISTS tenant_retention_report_runs_created_idx
    ON tenant_retention_report_runs (tenant_id, created_at DESC);
CREATE UNIQUE INDEX IF NOT EXISTS tenant_retention_report_runs_queued_key
    ON tenant_retention_report_runs (tenant_id, reference_date)
    WHERE status = 'queued';

ALTER TABLE tenant_retention_report_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_retention_report_runs FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation ON tenant_retention_report_runs;
CREATE POLICY tenant_isolation ON tenant_retention_report_runs
    FOR ALL
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);

CREATE OR REPLACE FUNCTION retention_report_set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;

REVOKE EXECUTE ON FUNCTION retention_report_set_updated_at() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tenant_retention_report_runs_updated_at
    BEFORE UPDATE ON tenant_retention_report_runs
    FOR EACH ROW EXECUTE FUNCTION retention_report_set_updated_at();
CREATE OR REPLACE TRIGGER tenant_retention_report_runs_audit
    AFTER INSERT OR UPDATE ON tenant_retention_report_runs
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();

REVOKE ALL ON tenant_retention_report_runs FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON tenant_retention_report_runs TO tenant_app_role;
