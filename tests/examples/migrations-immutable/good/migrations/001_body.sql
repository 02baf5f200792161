SET search_path TO public;

ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS body text;
