SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP FUNCTION IF EXISTS sample_module_add_month(date);
DROP TABLE IF EXISTS tenant_sample_module_events;
