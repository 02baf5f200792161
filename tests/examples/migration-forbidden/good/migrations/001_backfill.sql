SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

UPDATE tenant_sample_module_notes SET title = 'SET ROLE postgres' WHERE title = '';
CREATE OR REPLACE FUNCTION sample_module_count()
RETURNS bigint
LANGUAGE sql
SECURITY DEFINER
SET search_path = ''
AS $$ SELECT count(*) FROM public.tenant_sample_module_notes WHERE tenant_id = (auth.jwt() ->> 'tenant_id')::uuid $$;
