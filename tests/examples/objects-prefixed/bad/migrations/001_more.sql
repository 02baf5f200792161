SET search_path TO public;

DO $$
BEGIN
    IF to_regtype('state') IS NULL THEN
        CREATE TYPE state AS ENUM ('open', 'done');
    END IF;
END;
$$;

CREATE OR REPLACE FUNCTION is_done(state)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$ SELECT $1::text = 'done' $$;
