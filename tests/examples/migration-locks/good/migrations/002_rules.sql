SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes
    ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 'red',
    ADD CONSTRAINT tenant_sample_module_notes_title CHECK (title <> '') NOT VALID;
