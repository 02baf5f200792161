SET search_path TO public;
SET lock_timeout = '5s';

ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS color text;
