SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP TABLE IF EXISTS tenant_retention_report_runs;
DROP FUNCTION IF EXISTS retention_report_set_updated_at();
