SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DO $$
DECLARE
    part record;
    what text;
    month date := date '2026-01-01';
BEGIN
    FOR part IN
        SELECT c.relname, c.oid::regclass AS known FROM pg_class c
        WHERE c.relname LIKE 'tenant\_sample\_module\_%' AND c.relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part.relname);
        EXECUTE 'ALTER TABLE ' || part.known || ' ENABLE ROW LEVEL SECURITY';
    END LOOP;
    what := 'COMMENT ON TABLE tenant_sample_module_notes IS ';
    what := what || quote_literal('since ' || to_char(month, 'YYYY-MM'));
    EXECUTE what;
END
$$;
