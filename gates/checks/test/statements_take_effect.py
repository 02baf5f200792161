"""No statement of a fresh install is skipped for an object that is another than its own."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.proofs.idempotency.skipped import skipped
from gates.model import Finding, Level, Stage


@check(Stage.TEST)
def statements_take_effect(database: Database) -> Iterator[Finding]:
    """No statement of a fresh install is skipped for an object that is another than its own.

    Why: IF NOT EXISTS asks for a name and for nothing else. Where a table, column or index of that
        name is there in another form, the statement does nothing, and nobody says so: a column has
        no default, a query no index. So the migrations are installed afresh here,
        and where PostgreSQL says that it skipped a statement, the object that is there is compared
        with the one that the statement makes once the other is gone.
    Bad: 000 has status text, and 003 says ADD COLUMN IF NOT EXISTS status varchar(20) NOT NULL
        DEFAULT 'new'; CREATE INDEX IF NOT EXISTS with the name of an index over other columns
    Good: ALTER TABLE .. ALTER COLUMN status SET DEFAULT 'new'; an index under a name of its own
    Fix: change the object that is there with ALTER, or drop it first, or use another name.
    """
    if not database.scripts:
        database.record("statements without effect", 0, detail="the module has no migrations")
        return
    _ = database.applied
    with database.proof(
        "statements without effect", len(database.scripts), "files, on a fresh install"
    ):
        found = skipped(database)
    for each in found:
        if each.differences:
            more = len(each.differences) - 1
            yield statements_take_effect.finding(
                f"a fresh install skips this: {each.name} is there in another form:"
                f" {each.differences[0]}{f', and {more} more' if more else ''}",
                each.at,
                fix="change the object that is there with ALTER, or drop it first, or use another"
                " name",
                detail="\n".join(each.differences),
            )
        elif each.unknown:
            yield statements_take_effect.finding(
                f"a fresh install skips this: {each.name} is there, and whether in another form"
                f" could not be compared: {each.unknown}",
                each.at,
                level=Level.WARNING,
                fix="leave the statement out, or use another name",
            )
