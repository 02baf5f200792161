"""Whatever a SQL file runs is written in it."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database.sql.nested import opaque_of, scripts_of
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def migration_readable(module: Module) -> Iterator[Finding]:
    """Whatever a SQL file runs is written in it.

    Why: nobody can review, and no rule can judge, a statement that a variable, a row or a decoded
        text brings in. Unquoted names also break with the first one that needs quotes.
    Bad: EXECUTE r.definition; EXECUTE 'ALTER TABLE ' || name || ' ..'; EXECUTE convert_from(..)
    Good: EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name); EXECUTE of a text that
        is put together from written parts, numbers, dates and ::regclass
    Fix: write the statement out with format(), %I for names and %L for values, or give values with
        USING.
    """
    unread = []
    said = set()
    for script in scripts_of(module):
        for each in opaque_of(script):
            if not each.surely:
                unread.append(each)
                continue
            shown = " ".join(each.expression.split())
            shown = shown if len(shown) <= 80 else shown[:77] + "..."
            if (shown, each.location) in said:
                continue
            said.add((shown, each.location))
            yield migration_readable.finding(
                f"EXECUTE {shown}: {each.reason}",
                each.location,
                fix="write it with format(): %I for names, %L for values; or pass values by USING",
            )
    if unread:
        first = unread[0]
        raise CouldNotCheckError(
            f"{first.location}: a body cannot be read: {first.reason}",
            hint="write it in a plainer form; PostgreSQL's own parser is what reads it",
        )
