SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes DROP COLUMN IF EXISTS title;
ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS kind text NOT NULL;
DO $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON %I', 'tenant_sample_module_notes');
END
$$;
