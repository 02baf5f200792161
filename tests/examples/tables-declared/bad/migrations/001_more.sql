SET search_path TO public;

DO $$
BEGIN
    EXECUTE 'CREATE TABLE IF NOT EXISTS tenant_sample_module_labels (id uuid PRIMARY KEY)';
END;
$$;
