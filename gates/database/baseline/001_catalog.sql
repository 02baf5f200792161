-- The platform's catalog of modules, as far as a module may see it: what the platform itself keeps
-- there (evidence, digests, history) is left out. Nothing here is a module's to change.
SET search_path TO public;

CREATE TABLE core_modules (
    slug text PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    category text NOT NULL CHECK (category IN ('standard', 'custom', 'industry')),
    maturity_status text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz
);
CREATE TABLE core_module_versions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL REFERENCES core_modules (slug),
    version text NOT NULL,
    changelog text NOT NULL,
    tables_created text[] NOT NULL,
    status text NOT NULL,
    released_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (slug, version)
);
CREATE TABLE tenant_modules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    module_slug text NOT NULL REFERENCES core_modules (slug),
    module_version text,
    state text NOT NULL DEFAULT 'REQUESTED',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (tenant_id, module_slug)
);
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
    FOREIGN KEY (tenant_id, module_slug) REFERENCES tenant_modules (tenant_id, module_slug)
);
CREATE TABLE module_usage_logs (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    module_slug text NOT NULL,
    route text NOT NULL,
    tokens bigint NOT NULL DEFAULT 0,
    latency_ms double precision NOT NULL,
    cost numeric(18, 6) NOT NULL DEFAULT 0,
    row_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);

CREATE INDEX tenant_modules_tenant_idx ON tenant_modules (tenant_id, created_at DESC);
CREATE INDEX tenant_module_settings_tenant_idx
    ON tenant_module_settings (tenant_id, created_at DESC);
CREATE INDEX module_usage_logs_tenant_idx ON module_usage_logs (tenant_id, created_at DESC);

ALTER TABLE tenant_modules ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_modules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant_modules
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);
ALTER TABLE tenant_module_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_module_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant_module_settings
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);
ALTER TABLE module_usage_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE module_usage_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON module_usage_logs
    USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid)
    WITH CHECK (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid);

GRANT SELECT ON core_modules, core_module_versions, tenant_modules TO tenant_app_role;
GRANT SELECT ON tenant_module_settings TO tenant_app_role;
GRANT INSERT ON module_usage_logs TO tenant_app_role;
