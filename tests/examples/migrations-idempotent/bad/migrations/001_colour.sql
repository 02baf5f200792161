SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE TYPE sample_module_colour AS ENUM ('yellow', 'white');
ALTER TABLE tenant_sample_module_notes
    ADD COLUMN IF NOT EXISTS colour sample_module_colour;
