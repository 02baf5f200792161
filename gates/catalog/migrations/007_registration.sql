SET search_path TO public;

-- The one way for a release into the catalog: the module's line, the version and its evidence, whole
-- or not at all. It runs with the rights of the owner, so that nobody else needs any on the tables.
-- Raises check_violation with every reason.
CREATE FUNCTION register_module_version(module jsonb, version jsonb, evidence jsonb)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named text := version ->> 'slug';
    wanted text := version ->> 'version';
    newest text;
    made bigint;
BEGIN
    -- An older snapshot would not see what was released while this waited for the lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a version is registered in a transaction that is read committed'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    IF module ->> 'slug' IS DISTINCT FROM named THEN
        RAISE EXCEPTION 'the catalog refuses this version: it is of the module %, not of %',
            named, module ->> 'slug'
            USING ERRCODE = 'check_violation';
    END IF;
    SET CONSTRAINTS public.complete_evidence DEFERRED;
    PERFORM pg_advisory_xact_lock(hashtextextended(named, 1));
    INSERT INTO public.core_modules (slug, name, description, category, maturity_status)
        VALUES (named, module ->> 'name', module ->> 'description', module ->> 'category',
            module ->> 'maturity_status')
        ON CONFLICT (slug) DO UPDATE SET name = excluded.name,
            description = excluded.description, category = excluded.category,
            maturity_status = excluded.maturity_status;
    SELECT v.version INTO newest FROM public.core_module_versions AS v
        WHERE v.slug = named ORDER BY v.sort_key DESC LIMIT 1;
    INSERT INTO public.core_module_versions (
        slug, version, content_digest, bundle_digest, status, manifest, settings_schema, migrations,
        tables_created, changelog, registry_manifest, registry_reference, policy_digest
    ) VALUES (
        named, wanted, version ->> 'digest', version ->> 'bundle', version ->> 'status',
        version -> 'manifest', version -> 'settings_schema', version -> 'migrations',
        ARRAY(SELECT jsonb_array_elements_text(version -> 'tables_created')),
        version ->> 'changelog', version ->> 'registry_manifest',
        version ->> 'registry_reference', version ->> 'policy'
    ) RETURNING id INTO made;
    IF public.core_semver_key(wanted) < public.core_semver_key(newest) COLLATE "C" THEN
        RAISE EXCEPTION
            'the catalog refuses this version: % % is not greater than %, the newest in the catalog',
            named, wanted, newest
            USING ERRCODE = 'check_violation', TABLE = 'core_module_versions';
    END IF;
    INSERT INTO public.core_module_version_evidence (
        module_version_id, stage, verdict, key_id, payload_sha256, envelope
    ) SELECT made, one ->> 'stage', one ->> 'verdict', one ->> 'key_id', one ->> 'payload_sha256',
        one -> 'envelope'
    FROM jsonb_array_elements(evidence) AS one;
    SET CONSTRAINTS public.complete_evidence IMMEDIATE;
    SET CONSTRAINTS public.complete_evidence DEFERRED;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION register_module_version(jsonb, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION register_module_version(jsonb, jsonb, jsonb) TO gates_releaser;

COMMENT ON FUNCTION register_module_version(jsonb, jsonb, jsonb) IS
    'Adds a version with its evidence. Newer than all before, complete, and of one module; whether '
    'the signatures verify is for gates to say: gates catalog verify.';

-- What is written about changes is the database's own word: nobody adds to it by hand,
-- nor by a trigger on a table of their own.
ALTER FUNCTION core_audit() SECURITY DEFINER;
REVOKE ALL ON FUNCTION core_audit() FROM PUBLIC;
CREATE POLICY owner_writes ON audit_logs FOR INSERT
    WITH CHECK (pg_has_role(current_user, (
        SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'public.audit_logs'::regclass), 'USAGE'));
DROP POLICY catalog_audit_write ON audit_logs;

REVOKE INSERT (slug, name, description, category, maturity_status) ON core_modules
    FROM gates_releaser;
REVOKE UPDATE (name, description, category, maturity_status) ON core_modules FROM gates_releaser;
REVOKE INSERT (slug, version, content_digest, bundle_digest, registry_manifest, registry_reference,
    policy_digest, changelog, migrations, tables_created, manifest, settings_schema, status)
    ON core_module_versions FROM gates_releaser;
REVOKE UPDATE (status) ON core_module_versions FROM gates_releaser;
REVOKE INSERT (module_version_id, stage, verdict, key_id, payload_sha256, envelope)
    ON core_module_version_evidence FROM gates_releaser;
REVOKE INSERT (tenant_id, table_name, operation, row_id, actor, old_data, new_data) ON audit_logs
    FROM gates_releaser, tenant_app_role;
