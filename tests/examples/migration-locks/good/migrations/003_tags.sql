SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes VALIDATE CONSTRAINT tenant_sample_module_notes_title;
CREATE TABLE IF NOT EXISTS tenant_sample_module_tags (tenant_id uuid NOT NULL, id bigint);
INSERT INTO tenant_sample_module_tags SELECT tenant_id, id FROM tenant_sample_module_notes;
CREATE INDEX IF NOT EXISTS tenant_sample_module_tags_idx ON tenant_sample_module_tags (id);
