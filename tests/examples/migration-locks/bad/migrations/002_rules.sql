SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes ADD COLUMN IF NOT EXISTS colour text;
UPDATE tenant_sample_module_notes SET colour = 'red' WHERE colour IS NULL;
ALTER TABLE tenant_sample_module_notes
    ADD CONSTRAINT tenant_sample_module_notes_colour CHECK (colour <> '') NOT VALID;
ALTER TABLE tenant_sample_module_notes VALIDATE CONSTRAINT tenant_sample_module_notes_colour;
