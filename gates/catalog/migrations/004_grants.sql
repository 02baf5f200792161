SET search_path TO public;

GRANT USAGE ON SCHEMA public TO gates_reader, gates_releaser, tenant_app_role;
REVOKE ALL ON core_modules, core_module_versions, core_module_version_evidence, tenant_modules,
    tenant_module_settings, module_usage_logs, audit_logs FROM PUBLIC;

GRANT SELECT ON core_modules, core_module_versions, core_module_version_evidence, audit_logs,
    core_catalog_migrations
    TO gates_reader;

-- A release adds rows; of what is there it may change the module's own line and, along the life
-- cycle, a version's status. It sees no tenant's rows.
GRANT gates_reader TO gates_releaser;
GRANT INSERT ON core_modules, core_module_versions, core_module_version_evidence, audit_logs
    TO gates_releaser;
GRANT UPDATE (name, description, category, maturity_status) ON core_modules TO gates_releaser;
GRANT UPDATE (status) ON core_module_versions TO gates_releaser;

GRANT SELECT ON core_modules, core_module_versions TO tenant_app_role;
GRANT SELECT, INSERT, UPDATE ON tenant_modules, tenant_module_settings TO tenant_app_role;
GRANT SELECT, INSERT ON module_usage_logs, audit_logs TO tenant_app_role;
