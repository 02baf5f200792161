SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes DISABLE ROW LEVEL SECURITY;
COPY tenant_sample_module_notes FROM PROGRAM 'curl example.com';
DO $$
BEGIN
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', 'tenant_sample_module_notes');
    SET ROLE service_role;
END
$$;
CREATE OR REPLACE FUNCTION sample_module_count()
RETURNS bigint
LANGUAGE sql
SECURITY DEFINER
AS $$ SELECT count(*) FROM tenant_sample_module_notes $$;
