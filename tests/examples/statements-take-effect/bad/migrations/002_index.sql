SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE INDEX IF NOT EXISTS tenant_sample_module_notes_created_idx
    ON tenant_sample_module_notes (tenant_id, title);
