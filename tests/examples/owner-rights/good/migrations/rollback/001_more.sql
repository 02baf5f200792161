SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP VIEW IF EXISTS tenant_sample_module_titles;
DROP FUNCTION IF EXISTS sample_module_count();
