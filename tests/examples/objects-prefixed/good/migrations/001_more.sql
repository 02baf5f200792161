SET search_path TO public;

DO $$
BEGIN
    IF to_regtype('sample_module_state') IS NULL THEN
        CREATE TYPE sample_module_state AS ENUM ('open', 'done');
    END IF;
END;
$$;

CREATE OR REPLACE FUNCTION sample_module_is_done(sample_module_state)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$ SELECT $1::text = 'done' $$;
