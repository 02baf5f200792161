CREATE SCHEMA IF NOT EXISTS gates_move;
REVOKE ALL ON SCHEMA gates_move FROM PUBLIC;

CREATE TABLE IF NOT EXISTS gates_move.accounts (
    old_table text NOT NULL,
    old_id text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('moved', 'merged', 'set-aside')),
    reason text NOT NULL,
    merged_into text,
    tenant_id uuid,
    module_slug text,
    state text,
    version_from text,
    version_to text,
    old_row jsonb,
    PRIMARY KEY (old_table, old_id),
    CHECK ((outcome = 'merged') = (merged_into IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS accounts_tenant_idx ON gates_move.accounts (tenant_id, module_slug);
COMMENT ON TABLE gates_move.accounts IS
    'What became of each row of the old world; the old tables themselves stay as they are.';

-- One spelling of a module's name; NULL for what is none.
CREATE OR REPLACE FUNCTION gates_move.slug(written text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN s ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(s) <= 64 THEN s END
    FROM (SELECT btrim(regexp_replace(lower(btrim(written)), '[_\s-]+', '-', 'g'), '-') AS s) AS one
$$;

-- The newest version of a module that is offered, and whether the disk still had the module.
CREATE OR REPLACE VIEW gates_move.offered AS
    SELECT DISTINCT ON (slug) slug, version FROM public.core_module_versions
    WHERE status NOT IN ('PLANNED', 'IN_DEVELOPMENT', 'RETIRED')
    ORDER BY slug, sort_key DESC;
CREATE OR REPLACE VIEW gates_move.off_disk AS
    SELECT gates_move.slug(slug) AS slug FROM public.module_definitions
    WHERE gates_move.slug(slug) IS NOT NULL
    GROUP BY 1 HAVING NOT bool_or(coalesce(exists_on_disk, false));
