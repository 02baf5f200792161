SET search_path TO public;

-- A session sets its own time zone, order of day and month, and meaning of a backslash, and a function
-- sees them: with the zone 'X+167' today is a week ago, and a sunset of yesterday has not come. So what
-- runs with the owner's rights, or as a trigger, brings its own.
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN
        SELECT p.oid FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN (
            'approve_tenant_module', 'auto_upgrade_tenant_modules', 'begin_tenant_module_upgrade',
            'check_tenant_module_health', 'core_audit', 'core_chain_audit', 'core_keep_module',
            'core_keep_tenant_module', 'core_keep_version', 'core_refuse_change',
            'core_refuse_withdrawn', 'core_require_evidence', 'core_require_release_rules',
            'core_touch', 'drop_empty_usage_partitions', 'fail_tenant_module',
            'finish_tenant_module_upgrade', 'forget_module_migrations', 'get_module_system_stats',
            'maintain_usage_partitions', 'module_holders', 'plan_module_purge',
            'provision_tenant_module', 'record_module_act', 'record_module_approval',
            'record_module_migration', 'record_module_purge', 'register_module_version',
            'request_tenant_module', 'set_release_rules', 'set_tenant_module_settings',
            'set_tenant_module_state', 'set_tenant_module_upgrades', 'store_tenant_module_settings')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET timezone TO ''UTC'' SET datestyle TO ''ISO, YMD'' '
            'SET intervalstyle TO ''postgres'' SET standard_conforming_strings TO on', each);
    END LOOP;
END
$$;
