SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

WITH tenant_recent AS (SELECT id FROM tenant_sample_module_notes WHERE version = 1)
SELECT count(*) FROM tenant_recent;
CREATE TEMPORARY TABLE scratch AS SELECT id FROM tenant_sample_module_notes;
DO $$
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE tenant_sample_module_notes)', 'tenant_sample_module_' || 'links');
END
$$;
