SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP POLICY IF EXISTS shared ON tenant_sample_module_notes;
CREATE POLICY shared ON tenant_sample_module_notes FOR SELECT
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR title = 'for everybody');
