"""No SQL file holds its content twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gates.check import check
from gates.database.parsing.script import Statement
from gates.database.parsing.statements import scripts_of
from gates.model import Finding, Level, Location, Stage
from gates.module import Module

_FRAME = frozenset({"VariableSetStmt", "TransactionStmt"})
"""What a file may say once around both copies."""
_ROWS = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "SelectStmt"})


@check(Stage.LINT)
def migration_repeated(module: Module) -> Iterator[Finding]:
    """No SQL file holds its content twice.

    Why: a file that was pasted or merged twice runs all of its statements again. Those that are
        repeatable hide it; of the others, an error tells of a table that is already there, and not
        of the copy. It is a warning: that it does harm is for migrations-apply to show.
    Bad: CREATE TABLE ..; CREATE INDEX ..; and then the same two statements once more
    Good: each statement once; the same INSERT for two rows
    Fix: delete the second copy, which begins where the finding points.
    """
    for script in scripts_of(module):
        body = [each for each in script.statements if each.kind not in _FRAME]
        if (length := _period(body)) is None:
            continue
        copies = len(body) // length
        yield migration_repeated.finding(
            f"the file holds its content {'twice' if copies == 2 else f'{copies} times'}: the"
            f" {'statement' if length == 1 else f'{length} statements'} before this one"
            f" {'comes' if length == 1 else 'come'} again",
            Location(script.path, *script.position(body[length].offset)),
            level=Level.WARNING,
            fix="delete it from here to the end, if what follows is the copy that it seems",
        )


def _period(statements: Sequence[Statement]) -> int | None:
    """How many statements the part has that a whole file repeats; None where it repeats none. The
    same change of rows several times may be meant."""
    texts = [" ".join(each.text.split()) for each in statements]
    for length in range(1, len(texts) // 2 + 1):
        if len(texts) % length == 0 and texts == texts[:length] * (len(texts) // length):
            rows = all(each.kind in _ROWS for each in statements[:length])
            return None if rows and length == 1 else length
    return None
