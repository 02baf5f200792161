SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP TABLE IF EXISTS tenant_alert_engine_rules;
DROP FUNCTION IF EXISTS alert_engine_set_updated_at();
