"""What a statement did to the relations that were there: read, wrote, rewrote, built.

All of it is counted by the server, so that it is the same on a slow and on a busy machine: the
file of a relation (`relfilenode`) is another one after a rewrite, and the session's own counters
(`pg_stat_get_xact_...`) tell how many rows it has read and written, even before it commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

# Every name is qualified, operators too: the script under test has chosen this search_path.
_STATE = """
    SELECT c.oid, n.nspname, c.relname, c.relkind::pg_catalog.text, c.relfilenode,
        coalesce(i.indrelid, c.oid),
        pg_catalog.pg_stat_get_xact_tuples_returned(c.oid),
        pg_catalog.pg_stat_get_xact_tuples_fetched(c.oid),
        pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
        pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
        pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
    FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'm', 'i']::pg_catalog."char"[])
        AND c.oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid
        AND n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'::pg_catalog.name"""


@dataclass(frozen=True)
class Stored:
    """A table, materialized view or index with a file, as one session sees it at one moment."""

    schema: str
    name: str
    kind: str
    file: int
    table: int
    """The oid of an index's table; else its own."""
    read: int
    """Rows that this session has read since it last told the server's statistics."""
    fetched: int
    inserted: int
    updated: int
    deleted: int

    @property
    def label(self) -> str:
        """How messages call it: "table public.x"."""
        kind = {"i": "index", "m": "materialized view"}.get(self.kind, "table")
        return f"{kind} {self.schema}.{self.name}"


State = Mapping[int, Stored]


def read_state(session: psycopg.Connection[tuple[Any, ...]]) -> dict[int, Stored]:
    """Everything with a file outside PostgreSQL's own schemas, by oid, as this session sees it."""
    return {oid: Stored(*rest) for oid, *rest in session.execute(_STATE)}


@dataclass(frozen=True)
class Effect:
    """What one statement did to one table that was there before it, and its indexes."""

    table: int
    label: str
    rows: int
    """Rows that it held when the script began."""
    read: int = 0
    written: int = 0
    """Rows inserted, updated and deleted."""
    changed: int = 0
    """Of those, the ones updated and deleted: each is locked until the transaction ends."""
    rewritten: bool = False
    emptied: bool = False
    """Its file is a new, empty one, and no row was read: TRUNCATE."""
    built: tuple[str, ...] = ()
    """The names of indexes that were built or built anew."""

    @property
    def reads_all(self) -> bool:
        """Whether it has read as many rows as the table has."""
        return 0 < self.rows <= self.read

    @property
    def changes_all(self) -> bool:
        """Whether it has changed as many rows as the table has."""
        return 0 < self.rows <= self.changed

    @property
    def grows(self) -> bool:
        """Whether it takes longer the more rows the table has."""
        heavy = self.rewritten or self.reads_all or self.changes_all or bool(self.built)
        return heavy and self.rows > 0

    @property
    def work(self) -> int:
        """How many rows went through its hands, in whatever way."""
        return self.read + self.written + self.rows * (self.rewritten + len(self.built))

    @property
    def shown(self) -> str:
        """In words: "rewrites table public.x and builds 2 indexes"."""
        parts = []
        if self.emptied:
            parts.append(f"empties {self.label}")
        if self.rewritten:
            parts.append(f"rewrites {self.label}")
        elif self.reads_all and not self.changes_all:
            parts.append(f"reads every row of {self.label}")
        if self.changes_all:
            parts.append(f"changes every row of {self.label}")
        if self.built and not self.emptied:
            named = self.built[0] if len(self.built) == 1 else f"{len(self.built)} indexes"
            what = f"index {named}" if len(self.built) == 1 else named
            parts.append(f"builds {what}" + ("" if parts else f" of {self.label}"))
        if not parts and self.read:
            parts.append(f"reads {self.read:,} rows of {self.label}")
        if not parts and self.written:
            parts.append(f"writes {self.written:,} rows of {self.label}")
        return " and ".join(parts)


def effects(
    before: State, after: State, rows: Mapping[int, int], *, counted: bool = True
) -> tuple[Effect, ...]:
    """What changed between two moments, by table; `rows` has the rows of each by oid.

    Without `counted` the states are another session's, which does not know what was read: then a
    new file counts as a rewrite.
    """
    found: dict[int, dict[str, Any]] = {}
    for oid, now in after.items():
        if now.table not in before or before[now.table].kind == "i":
            continue
        was = before.get(oid)
        entry = found.setdefault(now.table, {"built": [], "read": 0})
        other_file = was is None or was.file != now.file
        # Rows that are found through an index are counted there, and not at the table.
        entry["read"] += max(0, now.fetched - was.fetched) if was else 0
        if now.kind == "i":
            if other_file:
                entry["built"].append(now.name)
            continue
        assert was is not None  # noqa: S101 - it is its own table, and that was there before
        entry["read"] += max(0, now.read - was.read)
        entry["changed"] = max(0, now.updated + now.deleted - was.updated - was.deleted)
        entry["written"] = entry["changed"] + max(0, now.inserted - was.inserted)
        entry["new"] = other_file
    made = []
    for table, entry in found.items():
        stored = before[table]
        size = rows.get(table, 0)
        new, built = entry.pop("new", False), tuple(sorted(entry.pop("built")))
        emptied = new and counted and stored.kind == "r" and entry["read"] == 0
        entry |= {"rewritten": new and not emptied, "emptied": emptied and size > 0}
        effect = Effect(table, stored.label, size, built=() if emptied else built, **entry)
        if effect.work or effect.rewritten or effect.emptied or effect.built:
            made.append(effect)
    return tuple(sorted(made, key=lambda each: each.label))
