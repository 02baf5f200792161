SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS tenant_sample_module_notes_title_idx ON tenant_sample_module_notes (tenant_id, title);
ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS colour text NOT NULL;
