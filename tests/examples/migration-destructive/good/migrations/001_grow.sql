SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'note';
CREATE TABLE IF NOT EXISTS tenant_sample_module_drafts (body text, kind text);
ALTER TABLE tenant_sample_module_drafts DROP COLUMN IF EXISTS kind;
DROP POLICY IF EXISTS tenant_isolation ON tenant_sample_module_notes;
CREATE POLICY tenant_isolation ON tenant_sample_module_notes
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);
