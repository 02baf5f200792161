"""Triggers: whether one refuses a write that ran before it was there, or as it was.

Nothing in the text of a function tells what it does to a row. So writes are tried on the new
database, once with the trigger and its functions as they were and once as they are: each is undone.
"""

# ruff: noqa: S608 - names are quoted by the server, values are literals of a row maker
from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.contract.model import Bump, Change
from gates.contract.schema.bodies import formerly
from gates.contract.schema.pair import Pair, shown
from gates.contract.schema.probe import candidates
from gates.contract.schema.witness import OWN, Statements, above
from gates.database.catalog_state.snapshot import Snapshot
from gates.database.catalog_state.tables import Table, read_tables
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.tenant_session import A, quote

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

MOST_WRITES = 60
SECONDS = 20.0
"""How long the writes of one trigger may take; the last of them ends with the session's limit."""
_SEED = 8_713
"""Of the row that is tried: far from the numbers of rows that migrations bring."""
_WORD = re.compile(r'"[^"]+"|\w+')


def compare_triggers(pair: Pair) -> Iterator[Change]:
    """Triggers that are new or work in another way, and refuse what was accepted. Of the others,
    that they break a statement could not be shown, which is said where their change is."""
    if pair.writes is None:
        return
    for name, properties in pair.new.of("trigger"):
        old = pair.old.objects.get(f"trigger {name}")
        trigger, _, table = name.rpartition(" on ")
        if f"table {table}" not in pair.old.objects:
            continue
        before = [f"ALTER TABLE {table} DISABLE TRIGGER {trigger}"]
        text = properties["definition"]
        if old is not None:
            former = formerly(pair, [old["definition"]])
            if old["definition"] == text and not former.functions:
                continue
            before = [*former.functions, f"DROP TRIGGER {trigger} ON {table}", old["definition"]]
            text += former.text
        write = pair.writes(pair.new, table, before, text + _functions(pair.new, text))
        if write is not None:
            yield pair.change(
                f"trigger:{trigger} on {shown(table)}", Bump.MAJOR,
                f"the trigger {trigger} on {shown(table)} "
                + ("is new and refuses" if old is None else "refuses now")
                + " what was accepted", table, trigger.strip('"'), came=old is None,
                tries=[write],
            )  # fmt: skip


def _functions(side: Snapshot, text: str) -> str:
    """The definitions of the functions that a trigger's definition names."""
    return " ".join(
        properties.get("definition", "")
        for name, properties in side.of("function")
        if f" {name.removesuffix('()')}(" in text
    )


def writes_on(
    owner: Session, admin: Session, enter: Sequence[str]
) -> Callable[..., Statements | None]:
    """The search for such a write, on sessions of the new database: `owner` owns the module's
    tables, `admin` may fill the platform's; `enter` makes a session one of tenant A."""

    def writes(side: Snapshot, table: str, before: Sequence[str], text: str) -> Statements | None:
        tables = read_tables(admin)
        own = next((each for each in tables.values() if each.qualified == table), None)
        if own is None:
            return None
        mine = frozenset(row[0] for row in owner.execute(OWN).fetchall())
        maker = Maker(owner, admin, tables, mine)
        accepted = _accepted(owner, maker, own, before, enter, (side, text))
        still = _accepted(owner, maker, own, (), enter, (side, text)) if accepted else []
        return next((each for each in accepted if each not in still), None)

    return writes


def _accepted(
    owner: Session,
    maker: Maker,
    table: Table,
    before: Sequence[str],
    enter: Sequence[str],
    about: tuple[Snapshot, str],
) -> list[Statements]:
    """The writes that run after some statements; all of it is undone."""
    import psycopg

    found: list[Statements] = []
    # A write that fails is one that does not run: it proves nothing for either version.
    with (
        contextlib.suppress(psycopg.Error, NoRowError),
        owner.transaction(force_rollback=True),
    ):
        for each in before:
            owner.execute(each.encode())
        with contextlib.suppress(psycopg.Error), owner.transaction():
            for each in enter:
                owner.execute(each.encode())
        until = time.monotonic() + SECONDS
        for parents, first, write in itertools.islice(_tries(maker, table, *about), MOST_WRITES):
            if time.monotonic() > until:
                break
            with contextlib.suppress(psycopg.Error), owner.transaction(force_rollback=True):
                for each in (first, write) if first else (write,):
                    ran = owner.execute(each.encode())
                if ran.rowcount > 0:
                    found.append((*parents, *((first,) if first else ()), write))
    maker.made.clear()
    return found


def _tries(
    maker: Maker, table: Table, side: Snapshot, text: str
) -> Iterator[tuple[Statements, str, str]]:
    """The rows that are referred to, what comes first, and a write: an ordinary row, and others
    with values that a text names."""
    row = maker.plan(table, A, _SEED)
    insert, where = row.statement(), f"WHERE {row.condition()}"
    parents = tuple(above(row, maker.own_tables))
    yield parents, "", insert
    yield parents, insert, f"DELETE FROM {table.qualified} {where}"
    words = {each.strip('"') for each in _WORD.findall(text)}
    keyed = {number for key in table.keys for number in key.columns}
    for column in table.columns:
        plain = column.generated is None and column is not table.tenant
        if column.name not in words or not plain or column.number in keyed:
            continue
        for value in candidates(side, column.type, text):
            shown_value = "NULL" if value is None else quote(value)
            yield parents, "", row.statement({column.number: shown_value})
            update = f"UPDATE {table.qualified} SET {column.quoted} = {shown_value} {where}"
            yield parents, insert, update
