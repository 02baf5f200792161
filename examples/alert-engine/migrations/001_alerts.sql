SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What the rules found. A rule has at most one alert that is not resolved.
CREATE TABLE IF NOT EXISTS tenant_alert_engine_alerts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    rule_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'open',
    severity text NOT NULL,
    observed_value double precision NOT NULL,
    observed_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT tenant_alert_engine_alerts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tenant_alert_engine_alerts_rule_fkey
        FOREIGN KEY (tenant_id, rule_id) REFERENCES tenant_alert_engine_rules (tenant_id, id),
    CONSTRAINT tenant_alert_engine_alerts_status_check
        CHECK (status IN ('open', 'acknowledged', 'resolved')),
    CONSTRAINT tenant_alert_engine_alerts_severity_check
        CHECK (severity IN ('info', 'warning', 'critical'))
);

CREATE INDEX IF NOT EXISTS tenant_alert_engine_alerts_created_idx
    ON tenant_alert_engine_alerts (tenant_id, created_at DESC);
CREATE INDEX IF NOT EXISTS tenant_alert_engine_alerts_rule_idx
    ON tenant_alert_engine_alerts (tenant_id, rule_id);
CREATE UNIQUE INDEX IF NOT EXISTS tenant_alert_engine_alerts_unresolved_key
    ON tenant_alert_engine_alerts (tenant_id, rule_id)
    WHERE status <> 'resolved';

ALTER TABLE tenant_alert_engine_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_alert_engine_alerts FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation ON tenant_alert_engine_alerts;
CREATE POLICY tenant_isolation ON tenant_alert_engine_alerts
    FOR ALL
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);

CREATE OR REPLACE TRIGGER tenant_alert_engine_alerts_updated_at
    BEFORE UPDATE ON tenant_alert_engine_alerts
    FOR EACH ROW EXECUTE FUNCTION alert_engine_set_updated_at();
CREATE OR REPLACE TRIGGER tenant_alert_engine_alerts_audit
    AFTER INSERT OR UPDATE ON tenant_alert_engine_alerts
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();

REVOKE ALL ON tenant_alert_engine_alerts FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON tenant_alert_engine_alerts TO tenant_app_role;
