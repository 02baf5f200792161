SET search_path TO public;

-- A text that sorts, byte by byte, in the precedence of SemVer 2.0.0 (section 11): numbers carry
-- their length, numeric identifiers come before others, a release after its pre-releases.
CREATE FUNCTION core_semver_key(version text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    bare text := split_part(version, '+', 1);
    key text := '';
    part text;
BEGIN
    FOREACH part IN ARRAY string_to_array(split_part(bare, '-', 1), '.') LOOP
        key := key || lpad(length(part)::text, 3, '0') || part || ' ';
    END LOOP;
    IF strpos(bare, '-') = 0 THEN
        RETURN key || '~';
    END IF;
    FOREACH part IN ARRAY string_to_array(substr(bare, strpos(bare, '-') + 1), '.') LOOP
        key := key || CASE
            WHEN part ~ '^[0-9]+$' THEN '0' || lpad(length(part)::text, 3, '0') || part
            ELSE '1' || part
        END || ' ';
    END LOOP;
    RETURN key;
END
$$;

-- Whether a maturity may follow another: it stays, or takes the next step of the life cycle.
CREATE FUNCTION core_maturity_follows(before text, after text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_position(
        ARRAY['PLANNED', 'IN_DEVELOPMENT', 'ALPHA', 'BETA', 'RC', 'GA', 'MAINTENANCE',
              'DEPRECATED', 'RETIRED'], after
    ) - array_position(
        ARRAY['PLANNED', 'IN_DEVELOPMENT', 'ALPHA', 'BETA', 'RC', 'GA', 'MAINTENANCE',
              'DEPRECATED', 'RETIRED'], before
    ) IN (0, 1);

CREATE TABLE core_modules (
    slug text PRIMARY KEY
        CHECK (slug ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(slug) <= 64),
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL,
    category text NOT NULL CHECK (category IN ('standard', 'custom', 'industry')),
    maturity_status text NOT NULL CHECK (maturity_status IN (
        'PLANNED', 'IN_DEVELOPMENT', 'ALPHA', 'BETA', 'RC', 'GA', 'MAINTENANCE', 'DEPRECATED',
        'RETIRED')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz
);

CREATE TABLE core_module_versions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL REFERENCES core_modules (slug),
    version text NOT NULL CHECK (length(version) <= 255 AND version ~ (
        '^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)'
        '(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
        '(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?'
        '(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$')),
    sort_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (core_semver_key(version)) STORED,
    content_digest text NOT NULL CHECK (content_digest ~ '^[0-9a-f]{64}$'),
    bundle_digest text NOT NULL CHECK (bundle_digest ~ '^[0-9a-f]{64}$'),
    registry_manifest text NOT NULL CHECK (registry_manifest ~ '^sha256:[0-9a-f]{64}$'),
    registry_reference text NOT NULL,
    policy_digest text NOT NULL CHECK (policy_digest ~ '^[0-9a-f]{64}$'),
    changelog text NOT NULL,
    migrations jsonb NOT NULL CHECK (jsonb_typeof(migrations) = 'array'),
    tables_created text[] NOT NULL,
    manifest jsonb NOT NULL CHECK (jsonb_typeof(manifest) = 'object'),
    settings_schema jsonb NOT NULL,
    status text NOT NULL CHECK (status IN (
        'PLANNED', 'IN_DEVELOPMENT', 'ALPHA', 'BETA', 'RC', 'GA', 'MAINTENANCE', 'DEPRECATED',
        'RETIRED')),
    released_at timestamptz NOT NULL DEFAULT now(),
    released_by text NOT NULL DEFAULT session_user,
    UNIQUE (slug, version),
    -- Build metadata does not make another version (SemVer 2.0.0, section 10).
    UNIQUE (slug, sort_key),
    CHECK (manifest ->> 'slug' IS NOT DISTINCT FROM slug
        AND manifest ->> 'version' IS NOT DISTINCT FROM version)
);

CREATE TABLE core_module_version_evidence (
    module_version_id bigint NOT NULL REFERENCES core_module_versions (id),
    stage text NOT NULL CHECK (stage IN (
        'lint-manifest', 'lint', 'test', 'build', 'scan', 'publish')),
    verdict text NOT NULL CHECK (verdict = 'pass'),
    key_id text NOT NULL CHECK (key_id ~ '^[0-9a-f]{64}$'),
    payload_sha256 text NOT NULL CHECK (payload_sha256 ~ '^[0-9a-f]{64}$'),
    envelope jsonb NOT NULL CHECK (jsonb_typeof(envelope) = 'object'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (module_version_id, stage)
);

COMMENT ON TABLE core_modules IS 'Every module that the platform offers.';
COMMENT ON TABLE core_module_versions IS 'Released versions; never changed, never deleted.';
COMMENT ON TABLE core_module_version_evidence IS
    'The signed evidence of the six stages before the release. The database holds its content '
    'against the version; that the signature verifies is checked by whoever reads or writes it, '
    'since PostgreSQL has no Ed25519.';
