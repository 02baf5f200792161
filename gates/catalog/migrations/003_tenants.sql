SET search_path TO public;

CREATE TABLE audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid,
    table_name text NOT NULL,
    operation text NOT NULL,
    row_id text,
    actor uuid,
    db_role text NOT NULL DEFAULT session_user,
    old_data jsonb,
    new_data jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_logs_tenant_idx ON audit_logs (tenant_id, created_at DESC);

CREATE TABLE tenant_modules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    module_slug text NOT NULL REFERENCES core_modules (slug),
    module_version text,
    state text NOT NULL DEFAULT 'REQUESTED' CHECK (state IN (
        'REQUESTED', 'PENDING_APPROVAL', 'PROVISIONING', 'ENABLED', 'UPGRADING', 'UP_TO_DATE',
        'SUSPENDED', 'DISABLED', 'ARCHIVED', 'ERROR')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (tenant_id, module_slug),
    FOREIGN KEY (module_slug, module_version) REFERENCES core_module_versions (slug, version)
);
CREATE INDEX tenant_modules_tenant_idx ON tenant_modules (tenant_id, created_at DESC);

CREATE TABLE tenant_module_settings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    module_slug text NOT NULL,
    module_version text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (tenant_id, module_slug),
    FOREIGN KEY (tenant_id, module_slug) REFERENCES tenant_modules (tenant_id, module_slug),
    FOREIGN KEY (module_slug, module_version) REFERENCES core_module_versions (slug, version)
);
CREATE INDEX tenant_module_settings_tenant_idx
    ON tenant_module_settings (tenant_id, created_at DESC);

CREATE TABLE module_usage_logs (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    module_slug text NOT NULL,
    route text NOT NULL,
    tokens bigint NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    latency_ms double precision NOT NULL CHECK (latency_ms >= 0),
    cost numeric(18, 6) NOT NULL DEFAULT 0 CHECK (cost >= 0),
    row_count bigint NOT NULL DEFAULT 0 CHECK (row_count >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);
CREATE INDEX module_usage_logs_tenant_idx ON module_usage_logs (tenant_id, created_at DESC);

-- Makes the partition of a month, protected like the table itself; nothing if it is there.
CREATE FUNCTION core_usage_partition(of_day date) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first date := date_trunc('month', of_day)::date;
    name text := 'module_usage_logs_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass('public.' || name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE public.%I PARTITION OF public.module_usage_logs '
            'FOR VALUES FROM (%L) TO (%L)', name, first::text || ' 00:00:00+00',
            (first + interval '1 month')::date::text || ' 00:00:00+00');
        PERFORM public.core_protect_tenant_rows(name);
    END IF;
    RETURN name;
END
$$;

-- Row level security, enabled and forced, with the platform's policy.
CREATE FUNCTION core_protect_tenant_rows(of_table text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', of_table);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', of_table);
    EXECUTE format(
        'CREATE POLICY tenant_isolation ON public.%I '
        'USING (tenant_id = (auth.jwt() ->> ''tenant_id'')::uuid) '
        'WITH CHECK (tenant_id = (auth.jwt() ->> ''tenant_id'')::uuid)', of_table);
END
$$;

CREATE FUNCTION core_touch() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.updated_at := now();
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE FUNCTION core_audit() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    large CONSTANT text[] := ARRAY['manifest', 'settings_schema', 'envelope', 'changelog'];
    after jsonb := to_jsonb(NEW) - large;
    before jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) - large END;
BEGIN
    INSERT INTO public.audit_logs (
        tenant_id, table_name, operation, row_id, actor, old_data, new_data
    ) VALUES (
        (after ->> 'tenant_id')::uuid, TG_TABLE_NAME, TG_OP,
        coalesce(after ->> 'id', after ->> 'module_version_id', after ->> 'slug'),
        (auth.jwt() ->> 'sub')::uuid, before, after
    );
    RETURN NULL;
END
$$;

DO $$
DECLARE
    audited text;
BEGIN
    FOREACH audited IN ARRAY ARRAY[
        'core_modules', 'core_module_versions', 'tenant_modules', 'tenant_module_settings',
        'module_usage_logs'
    ] LOOP
        EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR UPDATE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION core_audit()', audited);
    END LOOP;
    FOREACH audited IN ARRAY ARRAY[
        'tenant_modules', 'tenant_module_settings', 'module_usage_logs'
    ] LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION core_touch()', audited);
        PERFORM core_protect_tenant_rows(audited);
    END LOOP;
    PERFORM core_protect_tenant_rows('audit_logs');
    PERFORM core_usage_partition((now() + months * interval '1 month')::date)
        FROM generate_series(0, 2) AS months;
END
$$;

-- What happens to the catalog itself belongs to no tenant.
CREATE POLICY catalog_audit_write ON audit_logs FOR INSERT
    WITH CHECK (tenant_id IS NULL AND table_name LIKE 'core\_%'
        AND pg_has_role('gates_releaser', 'MEMBER'));
CREATE POLICY catalog_audit_read ON audit_logs FOR SELECT
    USING (tenant_id IS NULL AND pg_has_role('gates_reader', 'MEMBER'));
CREATE TRIGGER refuse_update BEFORE UPDATE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
