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
           "    FOR EACH ROW EXECUTE FUNCTION audit_row_change();",
           "    FOR EACH ROW WHEN (NEW.version > 1000) EXECUTE FUNCTION audit_row_change();"),
    Defect("audit-other-name", "audit-trigger", "INSERT and UPDATE on", "TG_TABLE_NAME", "'notes'"),
    Defect("audit-fails", "audit-trigger", "has no audit trigger",
           "INSERT INTO public.audit_logs", "INSERT INTO public.audit_log"),
    Defect("audit-of-old", "audit-trigger", "fails in a trigger", "NEW.tenant_id, TG",
           "OLD.tenant_id, TG"),
    Defect("audit-before", "audit-trigger", "the INSERT has no effect", "AFTER INSERT OR UPDATE ON",
           "BEFORE INSERT OR UPDATE ON"),
    Defect("audit-unnumbered", "audit-trigger", "whose row_id is '1'", "NEW.id::text", "'1'"),
    Defect("audit-of-nothing", "audit-trigger", "whose row_id is NULL", "NEW.id::text", "NULL"),
    Defect("audit-when-version", "audit-trigger", "UPDATE of version on",
           "    FOR EACH ROW EXECUTE FUNCTION audit_row_change();",
           "    FOR EACH ROW WHEN (NEW.version = 1) EXECUTE FUNCTION audit_row_change();"),
    Defect("audit-if-version", "audit-trigger", "UPDATE of version on",
           "BEGIN\n    INSERT INTO public.audit_logs",
           "BEGIN\n    IF NEW.version > 1 THEN RETURN NULL; END IF;\n"
           "    INSERT INTO public.audit_logs"),
    Defect("audit-of-new-rows", "audit-trigger", "INSERT of a row without the defaults on",
           "BEGIN\n    INSERT INTO public.audit_logs",
           "BEGIN\n    IF TG_OP = 'INSERT' AND NEW.version > 1 THEN RETURN NULL; END IF;\n"
           "    INSERT INTO public.audit_logs"),
    Defect("audit-of-title-alone", "audit-trigger", "UPDATE of created_at, version on",
           "AFTER INSERT OR UPDATE ON", "AFTER INSERT OR UPDATE OF title ON"),
    Defect("audit-passed-over", "audit-trigger", "INSERT and UPDATE on tenant_sample_module_notes"
           " succeed although audit_logs refuses the row", "    RETURN NULL;\nEND;",
           "    RETURN NULL;\nEXCEPTION WHEN insufficient_privilege THEN RETURN NULL;\nEND;"),
    Defect("audit-twice", "audit-trigger", "the trigger tenant_sample_module_notes_too writes what"
           " tenant_sample_module_notes_audit has written", "",
           "CREATE OR REPLACE TRIGGER {T}_too AFTER INSERT OR UPDATE ON {T}"
           " FOR EACH ROW EXECUTE FUNCTION audit_row_change();",
           "DROP TRIGGER IF EXISTS {T}_too ON {T};"),
    Defect("audit-two-rows", "audit-trigger", "sample_module_write_audit_log() inserts more than"
           " one", "to_jsonb(NEW));",
           "to_jsonb(NEW)), (NEW.tenant_id, TG_TABLE_NAME, TG_OP, NEW.id::text, to_jsonb(NEW));"),
    Defect("audit-empty-data", "audit-trigger", "whose new_data holds nothing of the row after",
           "to_jsonb(NEW)", "'{}'::jsonb"),
    Defect("audit-new-is-old", "audit-trigger", "whose new_data holds title as it was before",
           "to_jsonb(NEW)", "to_jsonb(OLD)"),
    Defect("audit-when-value", "audit-trigger", "without any condition", "",
           "CREATE OR REPLACE TRIGGER {T}_audit AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
           " WHEN (NEW.title NOT LIKE 'secret%') EXECUTE FUNCTION audit_row_change();",
           "CREATE OR REPLACE TRIGGER {T}_audit AFTER INSERT OR UPDATE ON {T} FOR EACH ROW"
           " EXECUTE FUNCTION audit_row_change();"),
    Defect("audit-if-value", "audit-trigger", "calls sample_module_write_audit_log() and not the"
           " platform's audit_row_change()",
           "    INSERT INTO public.audit_logs",
           "    IF NEW.title LIKE 'secret%' THEN RETURN NULL; END IF;\n"
           "    INSERT INTO public.audit_logs"),
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
