SET search_path TO public;
SET lock_timeout = '5s';
SET statement_timeout = '60s';

CREATE TABLE IF NOT EXISTS tenant_sample_module_notes (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    title text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT tenant_sample_module_notes_pkey PRIMARY KEY (tenant_id, id)
);

CREATE INDEX IF NOT EXISTS tenant_sample_module_notes_created_idx
    ON tenant_sample_module_notes (tenant_id, created_at DESC);

ALTER TABLE tenant_sample_module_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_sample_module_notes FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation ON tenant_sample_module_notes;
CREATE POLICY tenant_isolation ON tenant_sample_module_notes
    FOR ALL
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);

CREATE OR REPLACE FUNCTION sample_module_set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;

REVOKE EXECUTE ON FUNCTION sample_module_set_updated_at() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tenant_sample_module_notes_updated_at
    BEFORE UPDATE ON tenant_sample_module_notes
    FOR EACH ROW EXECUTE FUNCTION sample_module_set_updated_at();
CREATE OR REPLACE TRIGGER tenant_sample_module_notes_audit
    AFTER INSERT OR UPDATE ON tenant_sample_module_notes
    FOR EACH ROW EXECUTE FUNCTION audit_row_change();

REVOKE ALL ON tenant_sample_module_notes FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON tenant_sample_module_notes TO tenant_app_role;
