SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

ALTER TABLE tenant_sample_module_notes
    ADD COLUMN IF NOT EXISTS status varchar(20) NOT NULL DEFAULT 'new',
    ADD COLUMN IF NOT EXISTS title text NOT NULL;
