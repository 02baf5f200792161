SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE TABLE IF NOT EXISTS tenant_sample_module_tags (tenant_id uuid NOT NULL, id bigint);
CREATE INDEX IF NOT EXISTS tenant_sample_module_tags_idx ON tenant_sample_module_tags (id);
