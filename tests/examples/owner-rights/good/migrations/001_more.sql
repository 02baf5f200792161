SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE OR REPLACE FUNCTION sample_module_count()
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = ''
AS $$
    SELECT count(*) FROM public.tenant_sample_module_notes WHERE tenant_id = (auth.jwt() ->> 'tenant_id')::uuid
$$;
REVOKE EXECUTE ON FUNCTION sample_module_count() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sample_module_count() TO tenant_app_role;

CREATE OR REPLACE VIEW tenant_sample_module_titles WITH (security_invoker = true)
    AS SELECT tenant_id, title FROM tenant_sample_module_notes;
