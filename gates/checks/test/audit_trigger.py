"""Adding or changing a row writes a row to audit_logs, by the platform's own trigger."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.locate import place_of
from gates.database.proofs.audit.prove import prove
from gates.database.shapes.audit_trigger import standard_trigger, unlike_the_platforms
from gates.database.shapes.read import read_shapes
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.TEST)
def audit_trigger(module: Module, database: Database) -> Iterator[Finding]:
    """Adding or changing a row writes a row to audit_logs, by the platform's own trigger.

    Why: who changed what, and when, must be known for every table, also when the module's code
        forgets to say. Each table has the platform's trigger in exactly one form, so that no
        condition leaves a row out. And it is proved: a row is added as tenant_app_role, each of its
        columns is changed alone and all at once, and audit_logs is read. Each change leaves
        exactly one row that says the truth, and a change whose row audit_logs refuses must fail.
    Bad: AFTER INSERT alone; WHEN (NEW.version = 1); a trigger function of the module's own
    Good: CREATE TRIGGER tenant_x_runs_audit AFTER INSERT OR UPDATE ON tenant_x_runs FOR EACH ROW
        EXECUTE FUNCTION audit_row_change()
    Fix: write the trigger that the finding shows. A function of the module's own may be approved
        for exactly its text: a waiver with its fingerprint. It is still proved by running.
    """
    if not database.scripts:
        database.record("audit proof", 0, detail="the module has no migrations")
        return
    definitions = read_shapes(database).definitions
    tables = [each for each in database.in_use.tables if each.tenant is not None]
    with database.clone("in use") as clone, clone.connect() as admin:
        unlike = list(unlike_the_platforms(admin, database.workspace.owner, tables, definitions))
    missing = {each.table.oid for each in unlike if each.deviation is None}
    for each in unlike:
        if (deviation := each.deviation) is None:
            yield audit_trigger.finding(
                f"{each.table.name} has no audit trigger",
                database.place(each.table),
                fix=standard_trigger(each.table),
            )
        else:
            yield audit_trigger.deviation(
                f"the {deviation.label} {deviation.sentence}",
                place_of(module, deviation.name, deviation.label),
                definition=deviation.digest,
                fix=deviation.fix,
                detail=deviation.definition,
            )
    proof = prove(database)
    for gap in (each for each in proof.gaps if each.table.oid not in missing):
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
        if not unlike and not any(gap.error for gap in proof.gaps):
            raise CouldNotCheckError(sentence, hint="gates explain audit-trigger")
        fix = "correct the other findings first: what stopped the proof may be one of them"
        yield audit_trigger.finding(sentence, "migrations", level=Level.NOTE, fix=fix)
