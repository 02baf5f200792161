"""Which triggers of a table write to audit_logs, each tried alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.proofs.audit.changes import LOG, names_of
from gates.database.proofs.audit.entries import Change, Seen
from gates.database.proofs.tenants.tenants import Tenants
from gates.records import dataclass

_TRIGGERS = """
    SELECT t.tgname, quote_ident(t.tgname), p.oid::regproc::text, CASE t.tgenabled
        WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA'
        ELSE 'ENABLE' END, t.tgtype::int & 4 > 0, t.tgtype::int & 16 > 0
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = %s::oid AND NOT t.tgisinternal ORDER BY t.tgname"""


@dataclass(frozen=True)
class Writer:
    """A trigger that writes what has been written, or more than one row."""

    command: str
    trigger: str
    quoted: str
    function: str
    first: str
    """The trigger that wrote it before; "" where this one alone writes several rows."""
    rows: int


def functions_of(tenants: Tenants, table: Table, commands: Sequence[str]) -> list[str]:
    """The functions of the triggers that fire for some of the commands and write audit_logs, as
    far as their text tells."""
    rows = tenants.owner.execute(_TRIGGERS, (table.oid,)).fetchall()
    named = [
        row[2]
        for row in rows
        if (row[4] and "INSERT" in commands) or (row[5] and "UPDATE" in commands)
    ]
    text = tenants.owner.execute(
        "SELECT p.oid::regproc::text FROM pg_proc p WHERE p.oid::regproc::text = ANY (%s)"
        " AND p.prosrc LIKE '%%audit_logs%%'",
        (named,),
    ).fetchall()
    return sorted({f"{name}()" for (name,) in text})


def writers(tenants: Tenants, table: Table, seen: Seen) -> Iterator[Writer]:
    """The triggers, beyond the first, that alone write a row about one change; and those that alone
    write several. None where several rows tell of several changes, as when one trigger changes the
    row once more."""
    command, update = seen.doubled[0]
    triggers = tenants.owner.execute(_TRIGGERS, (table.oid,)).fetchall()
    first = ""
    owner = tenants.owner
    for name, quoted, function, how, *_ in triggers:
        if how == "DISABLE":
            continue
        owner.execute(f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER")
        try:
            owner.execute(f"ALTER TABLE {table.qualified} {how} TRIGGER {quoted}")
            rows = _written(tenants, table, seen.plainest[0], update)
        finally:
            for _, each, _, state, *_ in triggers:
                owner.execute(f"ALTER TABLE {table.qualified} {state} TRIGGER {each}")
        if rows > 1:
            yield Writer(command, name, quoted, f"{function}()", "", rows)
        elif rows == 1 and first:
            yield Writer(command, name, quoted, f"{function}()", first, rows)
        first = first or (name if rows else "")


def _written(tenants: Tenants, table: Table, insert: str, update: str) -> int:
    """Rows in audit_logs about the INSERT, or about the UPDATE after it; 0 where it fails."""
    import psycopg

    session = tenants.app
    try:
        session.execute("; ".join(["BEGIN", *tenants.as_a, *([insert] if update else [])]))
        before = Counter(text for (text,) in session.execute(LOG))
        session.execute("; ".join([update or insert, "SET CONSTRAINTS ALL IMMEDIATE"]))
        now = Counter(text for (text,) in session.execute(LOG))
    except psycopg.Error:
        return 0
    finally:
        session.execute("ROLLBACK")
    new = tuple(json.loads(each) for each in (now - before).elements())
    return len(
        Change("UPDATE" if update else "INSERT", (), None, None, new).about(
            names_of(tenants, table)
        )
    )
