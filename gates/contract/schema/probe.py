"""Looks for a row that the old CHECK accepts and the new one refuses, by asking PostgreSQL.

For expressions that `checks` does not understand: values are made from what both of them name
(texts, words, lengths, numbers and their neighbours), and the server evaluates both on each. A row
that it finds is a counter-example; that it finds none shows nothing.
"""

# ruff: noqa: S608 - expressions are the server's own, names are quoted by it, values are parameters
from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gates.database.catalog_state.snapshot import Snapshot

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Formerly:
    """What the old CHECKs call and the database that is asked does not have as it was."""

    functions: tuple[str, ...] = ()
    """Definitions that are put in place before the old CHECKs are asked, and taken back."""
    text: str = ""
    """Old and new definitions: what they name is tried."""
    names: tuple[str, ...] = ()


NOTHING = Formerly()


class Refuses(Protocol):
    """(snapshot of the old database, table or domain, old CHECKs, new CHECK) to a row as text."""

    def __call__(
        self,
        side: Snapshot,
        table: str,
        old: Sequence[str],
        new: str,
        former: Formerly = NOTHING,
    ) -> str | None:
        """A row that all the old ones accept and the new one refuses; None where none is found."""


MOST_ROWS = 2000
MOST_COLUMNS = 3
MOST_ALONE = 200
"""Rows that are asked about one by one, where one of them makes an expression raise."""
SECONDS = 5.0
"""How long that may take; the last of them ends with the session's own limit."""
LONGEST = 2000
"""Characters of a text that is tried."""
_TEXTS = ("text", "character varying", "character")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


Row = tuple["str | None", ...]


@dataclass(frozen=True)
class Tried:
    """A column that values are tried for."""

    type: str
    nullable: bool


def refuses_on(session: psycopg.Connection[tuple[Any, ...]]) -> Refuses:
    """The search, on a session whose role may call what the expressions call, and owns it."""

    def refuses(
        side: Snapshot, table: str, old: Sequence[str], new: str, former: Formerly = NOTHING
    ) -> str | None:
        text = " ".join((*old, new))
        columns = _columns(side, table, text)
        if not columns or len(columns) > MOST_COLUMNS:
            return None
        values = [
            [each for each in _candidates(column.type, f"{text} {former.text}")
             if each is not None or column.nullable]
            for column in columns.values()
        ]  # fmt: skip
        rows: list[Row] = list(itertools.islice(itertools.product(*values), MOST_ROWS))
        before = " AND ".join(f"({_expression(each)}) IS NOT FALSE" for each in old)
        found = _ask(session, columns, rows, before, f"({_expression(new)}) IS FALSE", former)
        if found is None:
            return None
        return ", ".join(
            f"{name} = {_shown(value)}" for name, value in zip(columns, found, strict=True)
        )

    return refuses


def _expression(check: str) -> str:
    return check.removeprefix("CHECK ").removesuffix(" NO INHERIT")


def _columns(side: Snapshot, table: str, text: str) -> dict[str, Tried]:
    """The columns that a text names, or the value of a domain, with their types."""
    words = set(re.findall(r'"[^"]+"|\w+', re.sub(r"'(?:[^']|'')*'", "", text)))
    domain = side.objects.get(f"type {table}", {})
    if "base" in domain:
        return {"VALUE": Tried(domain["base"], "nullability" not in domain)}
    start = f"column {table}."
    return {
        key.removeprefix(start): Tried(each["type"], each.get("nullability") != "NOT NULL")
        for key, each in side.objects.items()
        if key.startswith(start) and key.removeprefix(start) in words
    }


def _ask(
    session: psycopg.Connection[tuple[Any, ...]],
    columns: dict[str, Tried],
    rows: list[Row],
    old: str,
    new: str,
    former: Formerly,
) -> Row | None:
    """The first row for which both conditions hold, the old one with the functions as they were."""
    import psycopg

    try:
        with session.transaction(force_rollback=True):
            session.execute("SET TRANSACTION READ ONLY")
            refused = _rows(session, columns, rows, new, raising=True)
        with session.transaction(force_rollback=True):
            for each in former.functions:
                session.execute(each.encode())
            session.execute("SET TRANSACTION READ ONLY")
            found = _rows(session, columns, refused, old, raising=False)
    except psycopg.Error:
        return None
    return found[0] if found else None


def _rows(
    session: psycopg.Connection[tuple[Any, ...]],
    columns: dict[str, Tried],
    rows: list[Row],
    condition: str,
    *,
    raising: bool,
) -> list[Row]:
    """The rows for which a condition holds; `raising`: also those for which it raises."""
    import psycopg

    if not rows:
        return []
    try:
        with session.transaction():
            return _query(session, columns, rows, condition)
    except (psycopg.DataError, psycopg.errors.RaiseException):
        found: list[Row] = []
        until = time.monotonic() + SECONDS
        for row in rows[:MOST_ALONE]:
            if time.monotonic() > until:
                break
            try:
                with session.transaction():
                    found += _query(session, columns, [row], condition)
            except (psycopg.DataError, psycopg.errors.RaiseException):
                found += [row] if raising else []
        return found


def _query(
    session: psycopg.Connection[tuple[Any, ...]],
    columns: dict[str, Tried],
    rows: list[Row],
    condition: str,
) -> list[Row]:
    casts = ", ".join(f"%s::{column.type}" for column in columns.values())
    given = ", ".join([f"({casts})"] * len(rows))
    # What follows a percent sign would be taken for a parameter.
    query = (
        f"SELECT {', '.join(f'{name}::text' for name in columns)}"
        f" FROM (VALUES {given}) AS probe ({', '.join(columns)})"
        f" WHERE {condition.replace('%', '%%')}"
    )
    return session.execute(query.encode(), [value for row in rows for value in row]).fetchall()


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
