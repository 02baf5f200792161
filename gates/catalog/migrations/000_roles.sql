SET search_path TO public;

-- Roles belong to the whole server: another catalog on it may have made them already.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['gates_reader', 'gates_releaser', 'tenant_app_role'] LOOP
        BEGIN
            IF to_regrole(wanted) IS NULL THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

-- The platform has auth.jwt() already; a catalog of its own needs one for its policies.
DO $$
BEGIN
    IF to_regprocedure('auth.jwt()') IS NULL THEN
        CREATE SCHEMA IF NOT EXISTS auth;
        GRANT USAGE ON SCHEMA auth TO PUBLIC;
        EXECUTE $function$
            CREATE FUNCTION auth.jwt() RETURNS jsonb
                LANGUAGE sql STABLE PARALLEL SAFE
                RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb
        $function$;
    END IF;
END
$$;
