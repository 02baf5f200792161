SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The rules of a tenant, each with the latest sample of its metric.
CREATE TABLE IF NOT EXISTS tenant_alert_engine_rules (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    metric text NOT NULL,
    comparator text NOT NULL,
    threshold double precision NOT NULL,
    severity text NOT NULL DEFAULT 'warning',
    stale_after_seconds integer NOT NULL DEFAULT 300,
    enabled boolean NOT NULL DEFAULT true,
    last_value double precision,
    last_observed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT tenant_alert_engine_rules_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tenant_alert_engine_rules_name_key UNIQUE (tenant_id, name),
    CONSTRAINT tenant_alert_engine_rules_comparator_check
        CHECK (comparator IN ('above', 'below')),
    CONSTRAINT tenant_alert_engine_rules_severity_check
        CHECK (severity IN ('info', 'warning', 'critical')),
    CONSTRAINT tenant_alert_engine_rules_stale_check
        CHECK (stale_after_seconds BETWEEN 60 AND 86400)
);

CREATE INDEX IF NOT EXISTS tenant_alert_engine_rules_created_idx
    ON tenant_alert_engine_rules (tenant_id, created_at DESC);
CREATE INDEX IF NOT EXISTS tenant_alert_engine_rules_metric_idx
    ON tenant_alert_engine_rules (tenant_id, metric);

ALTER TABLE tenant_alert_engine_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_alert_engine_rules FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation ON tenant_alert_engine_rules;
CREATE POLICY tenant_isolation ON tenant_alert_engine_rules
    FOR ALL
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);

CREATE OR REPLACE FUNCTION alert_engine_set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;

REVOKE EXECUTE ON FUNCTION alert_engine_set_updated_at() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tenant_alert_engine_rules_updated_at
    BEFORE UPDATE ON tenant_alert_engine_rules
    FOR EACH ROW EXECUTE FUNCTION alert_engine_set_updated_at();
CREATE OR REPLACE TRIGGER tenant_alert_engine_rules_audit
    AFTER INSERT OR UPDATE ON tenant_alert_engine_rules
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();

REVOKE ALL ON tenant_alert_engine_rules FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON tenant_alert_engine_rules TO tenant_app_role;
