"""The audit trail and the grants."""

from __future__ import annotations

from tests.database.corpus.shape import ISOLATION, Defect

AUDIT_AND_GRANTS = (
    # audit
    Defect("audit-missing", "audit-trigger", "INSERT and UPDATE on",
           "AFTER INSERT OR UPDATE ON", "AFTER DELETE ON"),
    Defect("audit-disabled", "audit-trigger", "INSERT and UPDATE on", "",
           "ALTER TABLE {T} DISABLE TRIGGER {T}_audit;",
           "ALTER TABLE {T} ENABLE TRIGGER {T}_audit;"),
    Defect("audit-sometimes", "audit-trigger", "UPDATE on",
           "    FOR EACH ROW EXECUTE FUNCTION sample_module_write_audit_log();",
           "    FOR EACH ROW WHEN (NEW.version > 1000) EXECUTE FUNCTION"
           " sample_module_write_audit_log();"),
    Defect("audit-other-name", "audit-trigger", "INSERT and UPDATE on", "TG_TABLE_NAME", "'notes'"),
    Defect("audit-fails", "audit-trigger", "_notes fails in a trigger",
           "INSERT INTO public.audit_logs", "INSERT INTO public.audit_log"),
    Defect("audit-of-old", "audit-trigger", "fails in a trigger", "NEW.tenant_id, TG",
           "OLD.tenant_id, TG"),
    Defect("audit-before", "audit-trigger", "the INSERT has no effect", "AFTER INSERT OR UPDATE ON",
           "BEFORE INSERT OR UPDATE ON"),
    # grants
    Defect("grant-all", "table-grants", "TRUNCATE", "GRANT SELECT, INSERT, UPDATE ON",
           "GRANT ALL ON"),
    Defect("grant-public", "table-grants", "grants SELECT to PUBLIC", "",
           "GRANT SELECT ON {T} TO PUBLIC;", "REVOKE SELECT ON {T} FROM PUBLIC;"),
    Defect("grant-anon", "table-grants", "to anon", "",
           "DO $$ BEGIN EXECUTE 'GRANT SELECT ON {T} TO ' || 'anon'; END $$;",
           "REVOKE SELECT ON {T} FROM anon;"),
    Defect("grant-column", "table-grants", "(title) to authenticated", "",
           "GRANT UPDATE (title) ON {T} TO authenticated;",
           "REVOKE UPDATE (title) ON {T} FROM authenticated;"),
    Defect("grant-option", "table-grants", "the right to grant on",
           "UPDATE ON tenant_sample_module_notes TO tenant_app_role;",
           "UPDATE ON tenant_sample_module_notes TO tenant_app_role WITH GRANT OPTION;"),
    Defect("grant-truncate-leaks", ISOLATION, "empties the table of all tenants",
           "GRANT SELECT, INSERT, UPDATE ON", "GRANT SELECT, INSERT, UPDATE, TRUNCATE ON"),
)  # fmt: skip
