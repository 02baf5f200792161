SET search_path TO public;

-- Nobody but the owner and the roles below: a platform's default privileges may have given more.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT c.oid::regclass AS name,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
            AND a.grantee <> c.relowner
            AND (c.relname ~ '^(core_|tenant_module|module_usage_logs)'
                OR c.relname = 'audit_logs')
        GROUP BY 1, 2
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', given.name, given.grantee);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO gates_reader, gates_releaser, tenant_app_role;
GRANT SELECT ON core_modules, core_module_versions, core_module_version_evidence, audit_logs,
    core_catalog_migrations
    TO gates_reader;

-- A release adds rows, without a say in who and when; of what is there it may change the module's
-- own line and, along the life cycle, a version's status. It sees no tenant's rows.
GRANT gates_reader TO gates_releaser;
GRANT INSERT (slug, name, description, category, maturity_status) ON core_modules
    TO gates_releaser;
GRANT UPDATE (name, description, category, maturity_status) ON core_modules TO gates_releaser;
GRANT INSERT (slug, version, content_digest, bundle_digest, registry_manifest, registry_reference,
    policy_digest, changelog, migrations, tables_created, manifest, settings_schema, status)
    ON core_module_versions TO gates_releaser;
GRANT UPDATE (status) ON core_module_versions TO gates_releaser;
GRANT INSERT (module_version_id, stage, verdict, key_id, payload_sha256, envelope)
    ON core_module_version_evidence TO gates_releaser;

GRANT SELECT ON core_modules, core_module_versions TO tenant_app_role;
GRANT SELECT, INSERT, UPDATE ON tenant_modules, tenant_module_settings TO tenant_app_role;
GRANT SELECT, INSERT ON module_usage_logs TO tenant_app_role;
GRANT SELECT ON audit_logs TO tenant_app_role;
GRANT INSERT (tenant_id, table_name, operation, row_id, actor, old_data, new_data) ON audit_logs
    TO gates_releaser, tenant_app_role;
