"""Adding or changing a row writes a row to audit_logs."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.audit.prove import prove
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage


@check(Stage.TEST)
def audit_trigger(database: Database) -> Iterator[Finding]:
    """Adding or changing a row writes a row to audit_logs.

    Why: who changed what, and when, must be known for every table, also when the module's code
        forgets to say. It is proved by adding a row as tenant_app_role, changing each of its
        columns alone and all at once, and reading audit_logs, not by looking for a trigger: a
        trigger may be disabled, have a WHEN, or fail. Each change leaves exactly one row, which
        says the truth (tenant_id, table_name, operation, row_id, old_data and new_data, as far as
        audit_logs has them and they are filled; columns may be left out or masked), and a change
        whose row audit_logs refuses must fail. An empty new_data is a warning. What no trial
        shows is read: a WHEN or an IF that leaves rows out by what is in them.
    Bad: CREATE TRIGGER .. AFTER INSERT alone; a trigger function that writes somewhere else, or
        passes over errors with EXCEPTION WHEN OTHERS; WHEN (NEW.version = 1)
    Good: CREATE TRIGGER tenant_x_runs_audit AFTER INSERT OR UPDATE ON tenant_x_runs FOR EACH ROW
        EXECUTE FUNCTION x_write_audit_log()
    Fix: add one AFTER INSERT OR UPDATE .. FOR EACH ROW trigger whose function inserts tenant_id,
        table_name, operation, NEW.id::text and to_jsonb(NEW) into public.audit_logs.
    """
    if not database.scripts:
        database.record("audit proof", 0, detail="the module has no migrations")
        return
    proof = prove(database)
    for gap in proof.gaps:
        yield audit_trigger.finding(
            gap.sentence,
            database.place(gap.table),
            level=Level.ERROR if gap.error else Level.WARNING,
            fix=gap.fix,
            detail=gap.script or None,
        )
    if proof.unproved:
        sentence = (
            f"the audit trail of {len(proof.unproved)} tables could not be tried:"
            f" {'; '.join(proof.unproved)}"
        )
        if not any(gap.error for gap in proof.gaps):
            raise CouldNotCheckError(sentence, hint="gates explain audit-trigger")
        fix = "correct the other findings first: what stopped the proof may be one of them"
        yield audit_trigger.finding(sentence, "migrations", level=Level.NOTE, fix=fix)
