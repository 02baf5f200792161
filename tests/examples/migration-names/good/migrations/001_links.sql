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
DO $$
DECLARE
    each_table text;
BEGIN
    FOR each_table IN SELECT relname FROM pg_class WHERE relname LIKE 'tenant\_sample\_module\_%' LOOP
        EXECUTE format('ALTER TABLE %I SET (fillfactor = 90)', each_table);
    END LOOP;
END
$$;
