SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DO $$
DECLARE
    part regclass;
    role_name text;
    month date := date '2026-01-01';
BEGIN
    FOR part IN
        SELECT c.oid FROM pg_class c
        WHERE c.relname LIKE 'tenant\_sample\_module\_%' AND c.relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
    END LOOP;
    FOREACH role_name IN ARRAY ARRAY['anon', 'authenticated'] LOOP
        EXECUTE format('REVOKE ALL ON tenant_sample_module_notes FROM %s', role_name);
    END LOOP;
    EXECUTE format('COMMENT ON TABLE tenant_sample_module_notes IS %L',
        'since ' || to_char(month, 'YYYY-MM'));
END
$$;
