SET search_path TO public;

-- Where the platform looks things up: what of many tenants has a version, and what is not settled.
CREATE INDEX IF NOT EXISTS tenant_modules_version_idx
    ON tenant_modules (module_slug, module_version);
CREATE INDEX tenant_modules_automatic_idx ON tenant_modules (module_slug, module_version)
    WHERE auto_upgrade;
CREATE INDEX tenant_modules_upgrading_idx ON tenant_modules (module_slug) WHERE state = 'UPGRADING';
CREATE INDEX module_usage_logs_module_idx ON module_usage_logs (module_slug, created_at);

-- Nobody but the owner and the roles below: a platform's default privileges may have given more.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT format('%s ON TABLE %s', 'ALL', c.oid::regclass) AS what,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                AS grantee
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid IN ('core_module_migrations'::regclass, 'core_module_purges'::regclass)
            AND a.grantee <> c.relowner
        UNION
        SELECT format('ALL ON FUNCTION %s', p.oid::regprocedure),
            CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_proc AS p
            CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner
            AND p.proname IN (
                'core_lock_tenant_module', 'core_refuse_other_line', 'core_pending_migrations',
                'core_installation_problems', 'core_keep_tenant_module', 'core_upgrade_of',
                'core_settings_unknown', 'core_settings_problems', 'core_store_settings',
                'core_table_problems', 'core_short_partitions', 'provision_tenant_module',
                'request_tenant_module', 'approve_tenant_module', 'set_tenant_module_state',
                'set_tenant_module_upgrades', 'record_module_migration', 'forget_module_migrations',
                'auto_upgrade_tenant_modules', 'begin_tenant_module_upgrade',
                'finish_tenant_module_upgrade', 'fail_tenant_module', 'set_tenant_module_settings',
                'store_tenant_module_settings', 'maintain_usage_partitions', 'module_usage_totals',
                'get_module_system_stats', 'check_tenant_module_health', 'plan_module_purge',
                'record_module_purge', 'drop_empty_usage_partitions')
    LOOP
        EXECUTE format('REVOKE %s FROM %s', given.what, given.grantee);
    END LOOP;
END
$$;

-- A tenant asks, and stores settings; what becomes of it is not a tenant's to write.
REVOKE INSERT, UPDATE ON tenant_modules, tenant_module_settings FROM tenant_app_role;
GRANT EXECUTE ON FUNCTION request_tenant_module(text, text),
    set_tenant_module_settings(text, jsonb), module_usage_totals(timestamptz) TO tenant_app_role;

GRANT USAGE ON SCHEMA public TO gates_provisioner, gates_approver, gates_migrator;
GRANT gates_reader TO gates_provisioner, gates_approver;
GRANT SELECT ON core_module_migrations, core_module_purges TO gates_reader;
GRANT SELECT ON tenant_modules, tenant_module_settings TO gates_provisioner;
CREATE POLICY provisioner_reads ON tenant_modules FOR SELECT TO gates_provisioner USING (true);
CREATE POLICY provisioner_reads ON tenant_module_settings FOR SELECT TO gates_provisioner
    USING (true);
GRANT EXECUTE ON FUNCTION core_version_is_offered(text, text) TO gates_provisioner;
GRANT EXECUTE ON FUNCTION approve_tenant_module(uuid, text, text) TO gates_approver;
GRANT EXECUTE ON FUNCTION
    provision_tenant_module(uuid, text, text), set_tenant_module_state(uuid, text, text),
    set_tenant_module_upgrades(uuid, text, boolean, time, time, smallint[]),
    record_module_migration(text, text, text, text, text), forget_module_migrations(text, text),
    auto_upgrade_tenant_modules(timestamptz, boolean),
    begin_tenant_module_upgrade(uuid, text, text), finish_tenant_module_upgrade(uuid, text),
    fail_tenant_module(uuid, text, text, boolean),
    store_tenant_module_settings(uuid, text, jsonb, text), maintain_usage_partitions(integer),
    get_module_system_stats(), check_tenant_module_health(uuid, text),
    plan_module_purge(timestamptz), record_module_purge(jsonb),
    drop_empty_usage_partitions(timestamptz)
    TO gates_provisioner;

-- What a module's migrations may, and its rows' export: as the platform's migration role.
GRANT CREATE ON SCHEMA public TO gates_migrator;
GRANT SELECT, REFERENCES ON core_modules, core_module_versions, tenant_modules TO gates_migrator;
GRANT EXECUTE ON FUNCTION record_module_purge(jsonb) TO gates_migrator;
