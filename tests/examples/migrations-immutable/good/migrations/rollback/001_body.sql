SET search_path TO public;

ALTER TABLE tenant_sample_module_notes DROP COLUMN IF EXISTS body;
