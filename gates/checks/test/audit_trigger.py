"""Adding or changing a row writes a row to audit_logs."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.isolation.audit import prove
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage


@check(Stage.TEST)
def audit_trigger(database: Database) -> Iterator[Finding]:
    """Adding or changing a row writes a row to audit_logs.

    Why: who changed what, and when, must be known for every table, also when the module's code
        forgets to say. It is proved by adding and changing a row as tenant_app_role and reading
        audit_logs, not by looking for a trigger: a trigger may be disabled, have a WHEN, or fail.
    Bad: CREATE TRIGGER .. AFTER INSERT alone; a trigger function that writes somewhere else
    Good: CREATE TRIGGER tenant_x_runs_audit AFTER INSERT OR UPDATE ON tenant_x_runs FOR EACH ROW
        EXECUTE FUNCTION x_write_audit_log()
    Fix: add an AFTER INSERT OR UPDATE .. FOR EACH ROW trigger whose function inserts tenant_id,
        table_name and operation into public.audit_logs.
    """
    if not database.scripts:
        database.record("audit proof", 0, detail="the module has no migrations")
        return
    proof = prove(database)
    for silent in proof.silent:
        table = silent.table
        commands = " and ".join(silent.commands)
        verb = "write" if len(silent.commands) > 1 else "writes"
        message = f"{commands} on {table.name} {verb} no row to audit_logs"
        fix = (
            f"CREATE OR REPLACE TRIGGER {table.name[:57]}_audit\n"
            f"    AFTER INSERT OR UPDATE ON {table.qualified}\n"
            "    FOR EACH ROW EXECUTE FUNCTION your_audit_function();"
        )
        if silent.failed:
            message = f"{silent.commands[-1]} on {table.name} fails in a trigger: {silent.failed}"
            fix = "correct the trigger function: it runs with the rights and claims of the session"
        yield audit_trigger.finding(message, database.place(table), fix=fix, detail=silent.script)
    if proof.unproved:
        sentence = (
            f"the audit trail of {len(proof.unproved)} tables could not be tried:"
            f" {'; '.join(proof.unproved)}"
        )
        if not proof.silent:
            raise CouldNotCheckError(sentence, hint="gates explain audit-trigger")
        fix = "correct the other findings first: what stopped the proof may be one of them"
        yield audit_trigger.finding(sentence, "migrations", level=Level.NOTE, fix=fix)
