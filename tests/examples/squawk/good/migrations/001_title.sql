SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP INDEX CONCURRENTLY IF EXISTS tenant_sample_module_notes_title_idx;
CREATE INDEX CONCURRENTLY tenant_sample_module_notes_title_idx
    ON tenant_sample_module_notes (tenant_id, title);
