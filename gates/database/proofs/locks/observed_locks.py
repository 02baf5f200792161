"""The locks that a session holds on tables, read from pg_locks by another session.

The observer sees only what is committed. So a relation that the observed transaction has made
itself has no name here, and that is as it should be: nobody else can wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gates.database.proofs.locks.lock_modes import Mode
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

_HELD = """
    SELECT l.relation, max(CASE l.mode {modes} END), n.nspname, c.relname, c.relkind::text,
        coalesce(i.indrelid, l.relation), quote_ident(tn.nspname) || '.' || quote_ident(t.relname)
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_index i ON i.indexrelid = l.relation
        JOIN pg_class t ON t.oid = coalesce(i.indrelid, l.relation)
        JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE l.pid = %s AND l.locktype = 'relation' AND (l.granted OR %s)
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
    GROUP BY 1, 3, 4, 5, 6, 7 ORDER BY 3, 4""".replace(
    "{modes}",
    " ".join(
        f"WHEN '{''.join(word.capitalize() for word in mode.name.split('_'))}Lock' THEN {mode:d}"
        for mode in Mode
    ),
)

_KINDS = {
    "r": "table", "p": "table", "i": "index", "I": "index", "v": "view", "S": "sequence",
    "m": "materialized view", "f": "foreign table", "c": "type",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class HeldLock:
    """The strongest lock that a session holds on one relation, which existed before."""

    schema: str
    name: str
    kind: str
    """"table", "index", "view", "materialized view", "sequence" or "foreign table"."""
    mode: Mode
    oid: int
    table: int
    """The oid of the table of an index; else the relation's own."""
    table_name: str = ""
    """Its schema and name, quoted where necessary."""

    @property
    def label(self) -> str:
        """How messages call it: "table public.x"."""
        return f"{self.kind} {self.schema}.{self.name}"

    @property
    def mode_on_table(self) -> Mode | None:
        """What it is to somebody who uses the table. A plan takes ACCESS SHARE on every index of
        its tables, so that ACCESS EXCLUSIVE on an index stops reads of the table, too."""
        if self.kind != "index":
            return self.mode
        return self.mode if self.mode is Mode.ACCESS_EXCLUSIVE else None


def held_locks(
    observer: psycopg.Connection[tuple[Any, ...]], process: int, *, asked: bool = False
) -> tuple[HeldLock, ...]:
    """What the session with this process id holds now, by name.

    With `asked` also what it waits for. PostgreSQL's own catalogs and TOAST tables are left out,
    and so are relations that the observed transaction has made. `observer` is another session in
    the same database.
    """
    rows = observer.execute(_HELD, (process, asked)).fetchall()
    return tuple(
        HeldLock(schema, name, _KINDS.get(kind, "relation"), Mode(mode), oid, table, shown)
        for oid, mode, schema, name, kind, table, shown in rows
    )
