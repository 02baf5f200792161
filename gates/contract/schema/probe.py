"""Looks for a row that the old CHECK accepts and the new one refuses, by asking PostgreSQL.

For expressions that `checks` does not understand: values are made from what both of them name
(texts, words, lengths, numbers and their neighbours), and the server evaluates both on each. A row
that it finds is a counter-example; that it finds none shows nothing.
"""

# ruff: noqa: S608 - expressions are the server's own, names are quoted by it, values are parameters
from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from gates.contract.schema.checks import words_in
from gates.contract.schema.ending import need_answers
from gates.database.catalog_state.snapshot import Snapshot
from gates.database.tenant_session import A, B, Sessions, quote
from gates.records import dataclass

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
    """(snapshot of the old database, table or domain, old CHECKs, new CHECK) to values of a row."""

    def __call__(
        self,
        side: Snapshot,
        table: str,
        old: Sequence[str],
        new: str,
        former: Formerly = NOTHING,
    ) -> Mapping[str, str] | None:
        """Values as SQL, by quoted column ("VALUE" for a domain), that all the old ones accept and
        the new one refuses; None where none are found, and none by name where any do."""


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


_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_DATES = ("0001-01-01", "2000-02-29", "9999-12-31")
_USUAL: dict[str, tuple[str, ...]] = {
    "boolean": ("true", "false"), "uuid": (A, B), "date": _DATES,
    "timestamp with time zone": _DATES, "timestamp without time zone": _DATES,
    "time without time zone": ("00:00", "12:00", "23:59"), "interval": ("0", "-1 day", "100 years"),
    "json": ("null", "{}", "[]", "1", '"a"'), "jsonb": ("null", "{}", "[]", "1", '"a"'),
    "bytea": ("", "\\x00"), "inet": ("0.0.0.0/0", "10.0.0.1", "::1"), "[]": ("{}", "{NULL}"),
}  # fmt: skip
Row = tuple["str | None", ...]


@dataclass(frozen=True)
class Tried:
    """A column that values are tried for."""

    type: str
    nullable: bool


def refuses_on(
    session: psycopg.Connection[tuple[Any, ...]], enter: Sequence[str] = Sessions().enter(A)
) -> Refuses:
    """The search, on a session whose role may call what the expressions call, and owns it; `enter`
    makes it one of tenant A for as long as it asks, since policies compare with that."""

    def refuses(
        side: Snapshot, table: str, old: Sequence[str], new: str, former: Formerly = NOTHING
    ) -> Mapping[str, str] | None:
        text = " ".join((*old, new))
        columns = _columns(side, table, text)
        if len(columns) > MOST_COLUMNS:
            return None
        asked = columns or {"gates_any_row": Tried("text", nullable=True)}
        values = [
            [each for each in candidates(side, column.type, f"{text} {former.text}")
             if each is not None or column.nullable]
            for column in asked.values()
        ]  # fmt: skip
        rows: list[Row] = list(itertools.islice(itertools.product(*values), MOST_ROWS))
        before = " AND ".join(f"({_expression(each)}) IS NOT FALSE" for each in old)
        probe = _Probe(session, asked, table.rpartition(".")[2].strip('"'), enter)
        found = probe.ask(rows, before, f"({_expression(new)}) IS FALSE", former)
        if found is None:
            return None
        return {
            name: "NULL" if value is None else quote(value)
            for name, value in zip(columns, found, strict=False)
        }

    return refuses


def _expression(check: str) -> str:
    return check.removeprefix("CHECK ").removesuffix(" NO INHERIT")


def _columns(side: Snapshot, table: str, text: str) -> dict[str, Tried]:
    """The columns that a text names, or the value of a domain, with their types."""
    words = words_in(text)
    domain = side.objects.get(f"type {table}", {})
    if "base" in domain:
        return {"VALUE": Tried(domain["base"], "nullability" not in domain)}
    start = f"column {table}."
    return {
        key.removeprefix(start): Tried(each["type"], each.get("nullability") != "NOT NULL")
        for key, each in side.objects.items()
        if key.startswith(start) and key.removeprefix(start) in words
    }


@dataclass(frozen=True)
class _Probe:
    """Asks the server about made-up rows of some columns."""

    session: psycopg.Connection[tuple[Any, ...]]
    columns: dict[str, Tried]
    table: str
    """What expressions may call the rows."""
    enter: Sequence[str]

    def ask(self, rows: list[Row], old: str, new: str, former: Formerly) -> Row | None:
        """The first row for which both conditions hold, the old one with the functions as they
        were."""
        import psycopg

        try:
            with self.session.transaction(force_rollback=True):
                self._become()
                self.session.execute("SET TRANSACTION READ ONLY")
                refused = self._rows(rows, new, raising=True)
            with self.session.transaction(force_rollback=True):
                for each in former.functions:
                    self.session.execute(each.encode())
                self._become()
                self.session.execute("SET TRANSACTION READ ONLY")
                found = self._rows(refused, old, raising=False)
        except psycopg.Error:
            need_answers(self.session)
            return None
        return found[0] if found else None

    def _become(self) -> None:
        """A session of the tenant, where the platform lets this role be one."""
        import psycopg

        # Where it does not, no row is seen, and what is compared could not be shown.
        with contextlib.suppress(psycopg.Error), self.session.transaction():
            for each in self.enter:
                self.session.execute(each.encode())

    def _rows(self, rows: list[Row], condition: str, *, raising: bool) -> list[Row]:
        """The rows for which a condition holds; `raising`: also those for which it raises."""
        import psycopg

        if not rows:
            return []
        bad = psycopg.DataError, psycopg.IntegrityError, psycopg.errors.RaiseException
        try:
            with self.session.transaction():
                return self._query(rows, condition)
        except bad:
            found: list[Row] = []
            until = time.monotonic() + SECONDS
            for row in rows[:MOST_ALONE]:
                if time.monotonic() > until:
                    break
                try:
                    with self.session.transaction():
                        found += self._query([row], condition)
                except bad:
                    found += [row] if raising else []
            return found

    def _query(self, rows: list[Row], condition: str) -> list[Row]:
        casts = ", ".join(f"%s::{column.type}" for column in self.columns.values())
        given = ", ".join([f"({casts})"] * len(rows))
        # What follows a percent sign would be taken for a parameter.
        query = (
            f"SELECT {', '.join(f'{name}::text' for name in self.columns)}"
            f' FROM (VALUES {given}) AS "{self.table}" ({", ".join(self.columns)})'
            f" WHERE {condition.replace('%', '%%')}"
        )
        values = [value for row in rows for value in row]
        return self.session.execute(query.encode(), values).fetchall()


def candidates(side: Snapshot, type_: str, text: str) -> Iterator[str | None]:
    """Values of a type, by what an expression names, and NULL before them."""
    custom = side.objects.get(f"type {type_}", {})
    base = custom.get("base", type_).partition("(")[0]
    quoted = _literals(text)
    numbers = [int(each) for each in re.findall(r"(?<![\w.])\d{1,9}(?![\w.])", text)]
    near = sorted({number + step for number in (0, *numbers) for step in range(-3, 4)})
    found: list[str] = []
    if "labels" in custom:
        found += _literals(custom["labels"])
    elif base in _TEXTS:
        words = [word for each in quoted for word in re.findall(r"\w+", each)]
        found += [*quoted, *words, "", *"abzAZ019 -_.@/", "a1", "A1", "ab", "a@b.c"]
        found += ["x" * each for each in near if 0 < each <= LONGEST]
    elif base in _NUMBERS:
        found += [str(each) for each in near]
    else:
        found += [*quoted, *_USUAL.get("[]" if base.endswith("[]") else base, ())]
    yield None
    yield from dict.fromkeys(found)


def _literals(text: str) -> list[str]:
    """The texts that a text quotes, as they are."""
    return [each.replace("''", "'") for each in _LITERAL.findall(text)]
