"""Many probes in one round trip: what none of them shows is settled, the rest is tried alone.

A DO block runs as the session itself, under the same policies; each probe is a subtransaction. It
only sorts out probes that reach no row: a probe that reached one, or that failed at something else
than row security, is tried again by itself, and counts only then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.database.isolation.session import Entry, quote

if TYPE_CHECKING:
    import psycopg

_PROBE = """
    BEGIN
        {enter}
        EXECUTE {statement};
        GET DIAGNOSTICS n = ROW_COUNT;
        RAISE EXCEPTION USING ERRCODE = 'GATES', MESSAGE = n::text;
    EXCEPTION
        WHEN SQLSTATE 'GATES' THEN IF SQLERRM <> '0' THEN seen := seen || {number}; END IF;
        WHEN insufficient_privilege THEN
            IF strpos(SQLERRM, {table}) = 0 THEN seen := seen || {number}; END IF;
        WHEN OTHERS THEN {otherwise}
    END;"""


def screened(
    session: psycopg.Connection[tuple[Any, ...]],
    probes: Sequence[tuple[Entry, str]],
    table: str,
    *,
    reads: bool,
) -> list[int]:
    """The numbers of the probes (who, statement) that are to be tried alone.

    All of them where the block itself fails. For `reads` an error is as good as no row. `table` is
    the bare name by which row security refuses.
    """
    import psycopg

    parts = []
    for number, (entry, statement) in enumerate(probes):
        otherwise = "NULL;" if reads else f"seen := seen || {number};"
        parts.append(
            _PROBE.format(
                enter=" ".join(f"EXECUTE {quote(each)};" for each in entry),
                statement=quote(statement),
                number=number,
                table=quote(f'"{table}"'),
                otherwise=otherwise,
            )
        )
    body = f"DECLARE n bigint; seen int[] := '{{}}';\nBEGIN{''.join(parts)}\n"
    body += "    PERFORM pg_catalog.set_config('gates.seen', seen::text, true);\nEND"
    tag = "$gates$"
    while tag in body:
        tag = f"{tag[:-1]}x$"
    try:
        cursor = session.execute(
            f"BEGIN; DO {tag}{body}{tag}; SELECT pg_catalog.current_setting('gates.seen'); ROLLBACK"
        )
        for _ in range(2):
            cursor.nextset()
        row = cursor.fetchone()
        text = str(row[0]).strip("{}") if row else ""
        return [int(each) for each in text.split(",") if each]
    except psycopg.Error:
        session.execute("ROLLBACK")
        return list(range(len(probes)))
