SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_partman') THEN
        RAISE NOTICE 'this server has pg_partman';
    END IF;
    IF to_regclass('public.tenant_sample_module_notes') IS NULL THEN
        RAISE EXCEPTION 'run the earlier migrations first';
    END IF;
END
$$;
CREATE OR REPLACE FUNCTION sample_module_stamp()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    IF current_user = 'service_role' THEN
        RETURN NEW;
    END IF;
    RAISE LOG 'changed by % from %', session_user, inet_client_addr();
    NEW.title := concat(NEW.title, current_user);
    RETURN NEW;
END;
$$;
