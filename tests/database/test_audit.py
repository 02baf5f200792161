"""Audit trails that are right in their own way, and one that says too little."""

from __future__ import annotations

import pytest

from gates.model import Level, Verdict
from tests.database.conftest import BASE_WITH_OWN_AUDIT, HEAD, TABLE, results
from tests.database.corpus import drop, table

FUNCTION = "sample_module_write_audit_log()"
ROWS = "FOR EACH ROW EXECUTE FUNCTION sample_module_write_audit_log()"


def base(old: str, new: str) -> dict[str, str]:
    assert old in BASE_WITH_OWN_AUDIT
    return {"000_init.sql": BASE_WITH_OWN_AUDIT.replace(old, new)}


def more(up: str, down: str) -> dict[str, str]:
    return {"001_more.sql": HEAD + up, "rollback/001_more.sql": HEAD + down}


CLEAN = {
    "on-changes-alone": base(
        "    AFTER INSERT OR UPDATE ON tenant_sample_module_notes\n    " + ROWS,
        f"    AFTER INSERT ON {TABLE}\n    {ROWS};\n"
        f"CREATE OR REPLACE TRIGGER {TABLE}_changes AFTER UPDATE ON {TABLE}\n"
        f"    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION {FUNCTION}",
    ),
    "without-the-title": base("to_jsonb(NEW)", "to_jsonb(NEW) - 'title'"),
    "masked": base("to_jsonb(NEW)", """to_jsonb(NEW) || '{"title": "***"}'"""),
    "wrapped": base("to_jsonb(NEW)", "jsonb_build_object('old', OLD, 'new', NEW)"),
    "both-parts-of-the-key": base("NEW.id::text", "NEW.tenant_id || '/' || NEW.id"),
    "deferred": base(
        "CREATE OR REPLACE TRIGGER tenant_sample_module_notes_audit\n"
        "    AFTER INSERT OR UPDATE ON tenant_sample_module_notes\n",
        f"DROP TRIGGER IF EXISTS {TABLE}_audit ON {TABLE};\n"
        f"CREATE CONSTRAINT TRIGGER {TABLE}_audit AFTER INSERT OR UPDATE ON {TABLE}\n"
        "    DEFERRABLE INITIALLY DEFERRED\n",
    ),
    "changed-once-more": more(
        """
CREATE OR REPLACE FUNCTION sample_module_count() RETURNS trigger LANGUAGE plpgsql
SET search_path = '' AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        UPDATE public.tenant_sample_module_notes SET version = version + 1
            WHERE tenant_id = NEW.tenant_id AND id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION sample_module_count() FROM PUBLIC;
CREATE OR REPLACE TRIGGER tenant_sample_module_notes_count AFTER UPDATE
    ON tenant_sample_module_notes FOR EACH ROW EXECUTE FUNCTION sample_module_count();
""",
        f"DROP TRIGGER IF EXISTS {TABLE}_count ON {TABLE};\n"
        "DROP FUNCTION IF EXISTS sample_module_count();",
    ),
    "nothing-may-change": more(
        """
CREATE OR REPLACE FUNCTION sample_module_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = '' AS $$ BEGIN
    IF to_jsonb(NEW) - 'version' <> to_jsonb(OLD) - 'version' THEN
        RAISE EXCEPTION 'a log line never changes';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION sample_module_frozen() FROM PUBLIC;
"""
        + table("lines")
        + """
CREATE OR REPLACE TRIGGER lines_frozen BEFORE UPDATE ON tenant_sample_module_lines
    FOR EACH ROW EXECUTE FUNCTION sample_module_frozen();
""",
        drop("lines") + "\nDROP FUNCTION IF EXISTS sample_module_frozen();",
    ),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_trail_that_is_right_deviates_by_its_shape_alone(name, sql_module, shared):
    result = results(sql_module(CLEAN[name]), shared, "audit-trigger")["audit-trigger"]
    found = [each.message for each in result.findings]
    if name in ("changed-once-more", "nothing-may-change"):
        assert (result.verdict, found) == (Verdict.PASS, [])
        return
    (finding,) = result.findings
    assert finding.definition
    assert "platform's audit_row_change()" in finding.message


def test_an_empty_new_data_is_a_warning(sql_module, shared):
    module = sql_module(base("to_jsonb(NEW)", "NULL"))
    result = results(module, shared, "audit-trigger")["audit-trigger"]
    (finding, own) = result.findings
    assert own.definition
    assert (finding.level, finding.message) == (
        Level.WARNING,
        f"a change of {TABLE} writes a row to audit_logs without new_data:"
        " nobody can tell what was changed",
    )
    assert finding.fix == f"write to_jsonb(NEW) to new_data in {FUNCTION}"
