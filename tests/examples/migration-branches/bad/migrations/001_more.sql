SET search_path TO public;

DO $$
BEGIN
    IF now() > '2099-01-01' THEN
        CREATE POLICY extra ON tenant_sample_module_notes FOR SELECT USING (true);
        GRANT SELECT ON tenant_sample_module_notes TO anon;
    END IF;
END;
$$;
