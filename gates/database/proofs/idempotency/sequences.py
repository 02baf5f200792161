"""Sequences: where they stand, and whether a script sets one back.

That a script which runs again takes numbers (an INSERT .. ON CONFLICT DO NOTHING takes one for each
row that it does not insert) is of no consequence: gaps are normal. A sequence that goes back gives
numbers a second time.
"""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.database.prepared.scratch import Scratch
from gates.database.rows.values import quote

_OWNED = """
    SELECT d.objid::regclass::text, d.refobjid::regclass::text, quote_ident(a.attname)
    FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
        JOIN pg_class c ON c.oid = d.objid
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i') AND s.seqincrement > 0
        AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"""

_STANDS = """
    SELECT c.oid::regclass::text, pg_sequence_last_value(c.oid)
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
    WHERE s.seqincrement > 0 AND NOT s.seqcycle AND c.relpersistence <> 't'
        AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"""


def advance_sequences(scratch: Scratch) -> None:
    """Set each sequence of a column to the largest number in it, as if it had given them all."""
    owner = scratch.session("owner")
    with owner.transaction():
        owner.execute("SET LOCAL search_path = ''")
        each = [
            f"SELECT setval({quote(sequence)}, max({column})) FROM {table} HAVING max({column})"
            f" > coalesce(pg_sequence_last_value({quote(sequence)}::regclass), 0)"
            for sequence, table, column in owner.execute(_OWNED).fetchall()
        ]
        if each:
            owner.execute(" UNION ALL ".join(each))


def last_numbers(scratch: Scratch) -> Mapping[str, int]:
    """The last number that each ascending sequence of the module gave; those that gave one."""
    owner = scratch.session("owner")
    with owner.transaction():
        owner.execute("SET LOCAL search_path = ''")
        rows = owner.execute(_STANDS).fetchall()
    return {name: number for name, number in rows if number is not None}


def set_back(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[str]:
    """One sentence for each sequence that will give numbers again which it gave before."""
    for name, number in before.items():
        now = after.get(name, 0)
        if now < number:
            yield f"sequence {name} is set back from {number} to {now}: it gives numbers again"
