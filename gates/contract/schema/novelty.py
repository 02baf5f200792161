"""How much of what a rule speaks of is new.

What speaks of new columns alone refuses no row that was written before, since such a row does not
name them.
"""

from __future__ import annotations

from enum import Enum

from gates.contract.schema.checks import words_in
from gates.contract.schema.pair import Pair


class Novelty(Enum):
    """How much is; the value says what that means."""

    NONE = ", and did not"
    SOME = ", also of new columns; that a row which was accepted is refused could not be shown"
    ALL = ", of rows that have a value in a new column"
    IMPLIED = "; that a row which was accepted is refused could not be shown"


def novelty_of(pair: Pair, table: str, text: str) -> Novelty:
    """Whether the columns of a table that a rule speaks of are new; `Novelty.IMPLIED` is for who
    knows more."""
    words = words_in(text)
    before, after = pair.columns(table, pair.old), pair.columns(table, pair.new)
    if not words & (after - before):
        return Novelty.NONE
    return Novelty.SOME if words & before else Novelty.ALL


def left_null(pair: Pair, table: str, text: str) -> bool:
    """Whether a new column that a rule speaks of is NULL in every row that does not name it: then
    the rule does not look at such a row (PostgreSQL, "Unique Constraints" and "Foreign Keys")."""
    before = pair.columns(table, pair.old)
    for name in words_in(text) & pair.columns(table, pair.new) - before:
        column = pair.new.objects[f"column {table}.{name}"]
        if column.get("nullability") == "NULL" and not {"default", "generated"} & set(column):
            return True
    return False
