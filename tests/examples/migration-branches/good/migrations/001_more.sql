SET search_path TO public;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_policies WHERE policyname = 'extra') THEN
        CREATE POLICY extra ON tenant_sample_module_notes FOR SELECT
            USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);
        GRANT SELECT ON tenant_sample_module_notes TO tenant_app_role;
    END IF;
END;
$$;
