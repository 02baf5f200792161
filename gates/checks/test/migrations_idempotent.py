"""Running every migration again changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.failure_advice import on_second_run
from gates.database.locate import mention_place, writer_place
from gates.database.proofs.idempotency.repeat import repeat
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, Stage
from gates.module import Module

_ROWS = re.compile(r"table (?:[^.]+\.)?([^:]+): (\d+ rows? became|its )")
"""What a difference of rows says, with the table's name."""

_OBJECT = re.compile(r"\w+ .+?(?= is new$| is gone$|: )")
"""What it says of the schema begins so, as `diff` names an object."""

_AUDIT = "table public.audit_logs:"


@check(Stage.TEST)
def migrations_idempotent(module: Module, database: Database) -> Iterator[Finding]:
    """Running every migration again changes nothing.

    Why: a migration is run again after an interrupted release, on a restored backup, and for a
        tenant that was switched off and on. All of them are run a second time here, and the whole
        schema and the data are compared; then a third and fourth time with rows in the tables, also
        those that the conditions of UPDATE, DELETE and MERGE are about. A
        sequence may move on, since gaps in numbers are normal; one that is set back gives numbers
        again that rows have.
    Bad: CREATE TABLE without IF NOT EXISTS; an INSERT of defaults that doubles (also with ON
        CONFLICT DO NOTHING, where no unique key covers the row); UPDATE .. SET n = n + 1; setval()
        to a fixed number
    Good: CREATE TABLE IF NOT EXISTS; DROP POLICY IF EXISTS before CREATE POLICY; INSERT .. ON
        CONFLICT DO NOTHING
    Fix: make the statement repeatable; the finding names it, or shows what was different.
    """
    if not database.scripts:
        database.record("idempotency proof", 0, detail="the module has no migrations")
        return
    _ = database.applied
    with database.proof("idempotency proof", len(database.scripts), "files, run four times"):
        found = repeat(database)
    for failure in found.failures:
        yield migrations_idempotent.finding(
            f"does not run a second time: {failure.message} (SQLSTATE {failure.sqlstate})",
            failure.location,
            fix=on_second_run(failure),
            detail=failure.detail,
            rule=failure.sqlstate or None,
        )
    for path, differences in found.differences:
        # What the audit trail says is only that other rows changed.
        told = [each for each in differences if not each.startswith(_AUDIT)]
        for each in told or differences:
            yield migrations_idempotent.finding(
                f"running it again changes something: {each}",
                _place(module, path, each),
                fix="write the statement so that it may run again, with the same result",
            )
    if found.unfilled and not (found.failures or found.differences):
        raise CouldNotCheckError(
            f"the migrations were run again without rows: {found.unfilled[0]}",
            hint="gates explain migrations-idempotent",
        )


def _place(module: Module, path: str, difference: str) -> Location:
    """The statement that a difference comes from: it writes the table, or names the object."""
    if rows := _ROWS.match(difference):
        return writer_place(module, path, rows[1], counted=rows[2].endswith("became"))
    label = _OBJECT.match(difference)
    return mention_place(module, path, label[0] if label else "")
