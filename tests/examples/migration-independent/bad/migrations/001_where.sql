SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

DO $$
DECLARE
    place text;
BEGIN
    IF current_database() = 'axon' THEN
        CREATE INDEX IF NOT EXISTS tenant_sample_module_notes_title_idx
            ON tenant_sample_module_notes (tenant_id, title);
    END IF;
    place := current_setting('application_name');
    IF EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'app') THEN
        NULL;
    END IF;
END
$$;
DROP POLICY IF EXISTS guests ON tenant_sample_module_notes;
CREATE POLICY guests ON tenant_sample_module_notes AS RESTRICTIVE
    USING (session_user <> 'guest');
