SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DROP INDEX IF EXISTS tenant_sample_module_notes_title_idx;
