"""Each rollback brings back the schema that was there before its migration."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.failure_advice import on_second_run, on_upgrade
from gates.database.proofs.rollback.roll_back import roll_back
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Location, Stage
from gates.module import Module


@check(Stage.TEST)
def rollback_restores(module: Module, database: Database) -> Iterator[Finding]:
    """Each rollback brings back the schema that was there before its migration.

    Why: a version can be rolled back for hours after its release, by people in a hurry. So it is
        tried here: all migrations up, rows into every table, then the rollbacks from the last to
        the first, comparing the whole schema after each one; then each migration over rows of the
        version before it, with those that its WHERE and CASE are about, back, and up again: the
        rows and their values must be there after the rollback. A value where there was none is no
        loss. The place of a column that comes back, and a label that was added to an enum, cannot
        be brought back; a note says so. A statement that met no row is named in a note. What data
        goes with a dropped table or column stands in the run's record.
    Bad: a rollback that drops the table and leaves its trigger function behind; one that drops a
        column that an earlier version needs; a migration that adds a column NOT NULL without a
        DEFAULT, which does not run again over the rows that were there before it; UPDATE .. SET
        state = 'b' WHERE state = 'c' with nothing that knows which rows were 'c'
    Good: DROP TABLE IF EXISTS tenant_x_runs; DROP FUNCTION IF EXISTS x_set_updated_at();
        SET old_state = state, state = 'b', and a rollback that sets it back from old_state
    Fix: add to the rollback what the finding says is left, or leave what is gone.
    """
    if not database.scripts:
        database.record("rollback proof", 0, detail="the module has no migrations")
        return
    _ = database.applied
    with database.proof(
        "rollback proof", len(module.migrations), "files: rows, down, up with rows"
    ):
        found = roll_back(database, module)
    if found.losses:
        database.record("lost by rollbacks", len(found.losses), detail=", ".join(found.losses))
    if found.missing:
        yield rollback_restores.finding(
            "it has no rollback, so nothing brings the schema before it back",
            found.missing,
            fix="add the rollback; gates explain rollback-present shows where",
        )
    if found.failure is not None:
        sentence, failure = found.failure
        code = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
        yield rollback_restores.finding(
            f"{sentence}: {failure.message}{code}",
            failure.location,
            fix=on_upgrade(failure) if "with rows" in sentence else on_second_run(failure),
            detail=failure.detail,
            rule=failure.sqlstate or None,
        )
    for path, message, differences in found.differences:
        more = f", and {len(differences) - 1} more" if len(differences) > 1 else ""
        yield rollback_restores.finding(
            f"{message}: {differences[0]}{more}",
            Location(path, 1, 1),
            fix="undo exactly what the migration did, which is nothing where it filled what was"
            " empty; the detail lists every difference",
            detail="\n".join(differences),
        )
    for sentence in found.one_way:
        yield rollback_restores.finding(
            f"no rollback can undo this: {sentence}",
            "migrations",
            level=Level.NOTE,
            fix="name columns in SELECT and INSERT, and let older code pass over labels it lacks",
        )
    if not (found.failure or found.differences or found.missing):
        for inner in found.unmet:
            yield rollback_restores.finding(
                "this statement met no row of the proofs, so what it does to rows was not tried",
                inner.at(),
                level=Level.NOTE,
                fix="offer values that it is about in x-sample-values, or look at it yourself",
            )
    if found.unfilled and not (found.failure or found.differences or found.missing):
        raise CouldNotCheckError(
            f"the rollbacks were tried without rows: {found.unfilled[0]}",
            hint="gates explain rollback-restores",
        )
