"""Looks for a row that the old CHECK accepts and the new one refuses, by asking PostgreSQL.

For expressions that `checks` does not understand: values are made from what both of them name
(texts, words, lengths, numbers and their neighbours), and the server evaluates both on each. A row
that it finds is a counter-example; that it finds none shows nothing.
"""

# ruff: noqa: S608 - expressions are the server's own, names are quoted by it, values are parameters
from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.schema.snapshot import Snapshot

if TYPE_CHECKING:
    import psycopg

Refuses = Callable[[Snapshot, str, Sequence[str], str], "str | None"]
"""(snapshot of the old database, table, old CHECKs, new CHECK) to a row as text, or None."""

MOST_ROWS = 2000
MOST_COLUMNS = 3
LONGEST = 2000
"""Characters of a text that is tried."""
_TEXTS = ("text", "character varying", "character")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


def refuses_on(session: psycopg.Connection[tuple[Any, ...]]) -> Refuses:
    """The search, on a session whose role may call what the expressions call."""

    def refuses(side: Snapshot, table: str, old: Sequence[str], new: str) -> str | None:
        text = " ".join((*old, new))
        columns = _columns(side, table, text)
        if not columns or len(columns) > MOST_COLUMNS:
            return None
        before = " AND ".join(f"({_expression(each)}) IS NOT FALSE" for each in old)
        return _ask(session, columns, before, _expression(new), text)

    return refuses


def _expression(check: str) -> str:
    return check.removeprefix("CHECK ").removesuffix(" NO INHERIT")


def _columns(side: Snapshot, table: str, text: str) -> dict[str, str]:
    """The columns that a text names, with their types."""
    words = set(re.findall(r'"[^"]+"|\w+', re.sub(r"'(?:[^']|'')*'", "", text)))
    start = f"column {table}."
    return {
        key.removeprefix(start): properties["type"]
        for key, properties in side.objects.items()
        if key.startswith(start) and key.removeprefix(start) in words
    }


def _ask(
    session: psycopg.Connection[tuple[Any, ...]],
    columns: dict[str, str],
    old: str,
    new: str,
    text: str,
) -> str | None:
    import psycopg

    values = [list(_candidates(type_, text)) for type_ in columns.values()]
    rows = list(itertools.islice(itertools.product(*values), MOST_ROWS))
    casts = ", ".join(f"%s::{type_}" for type_ in columns.values())
    given = ", ".join([f"({casts})"] * len(rows))
    # What follows a percent sign would be taken for a parameter.
    conditions = f"{old} AND ({new}) IS FALSE".replace("%", "%%")
    query = (
        f"SELECT {', '.join(f'{name}::text' for name in columns)}"
        f" FROM (VALUES {given}) AS probe ({', '.join(columns)}) WHERE {conditions} LIMIT 1"
    )
    try:
        with session.transaction(force_rollback=True):
            session.execute("SET TRANSACTION READ ONLY")
            found = session.execute(
                query.encode(), [value for row in rows for value in row]
            ).fetchone()
    except psycopg.Error:
        return None
    if found is None:
        return None
    shown = (f"{name} = {_shown(value)}" for name, value in zip(columns, found, strict=True))
    return ", ".join(shown)


def _shown(value: str | None) -> str:
    if value is None:
        return "NULL"
    text = value if len(value) <= 60 else f"{value[:57]}..."
    return f"'{text}'"


def _candidates(type_: str, text: str) -> Iterator[str | None]:
    """Values of a type, by what an expression names."""
    base = type_.partition("(")[0]
    quoted = [each.replace("''", "'") for each in re.findall(r"'((?:[^']|'')*)'", text)]
    numbers = [int(each) for each in re.findall(r"(?<![\w.])\d{1,9}(?![\w.])", text)]
    near = sorted({number + step for number in (0, *numbers) for step in range(-3, 4)})
    found: list[str] = []
    if base in _TEXTS:
        words = [word for each in quoted for word in re.findall(r"\w+", each)]
        found += [*quoted, *words, "", *"abzAZ019 -_.@/", "a1", "A1", "ab", "a@b.c"]
        found += ["x" * each for each in near if 0 < each <= LONGEST]
    elif base in _NUMBERS:
        found += [str(each) for each in near]
    elif base == "boolean":
        found += ["true", "false"]
    else:
        found += quoted
    yield from dict.fromkeys(found)
    yield None
