"""Many probes in one round trip: what none of them shows is settled, the rest is tried alone.

A DO block runs as the session itself, under the same policies; each probe is a subtransaction. It
only sorts out probes that came out as they must: one that reached more or fewer rows, or that
failed at something else than row security, is tried again by itself, and counts only then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gates.database.tenant_session import Entry, quote
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

_PROBE = """
    BEGIN
        {enter}
        EXECUTE {statement};
        GET DIAGNOSTICS n = ROW_COUNT;
        RAISE EXCEPTION USING ERRCODE = 'GATES', MESSAGE = n::text;
    EXCEPTION
        WHEN SQLSTATE 'GATES' THEN
            IF SQLERRM::bigint NOT BETWEEN {least} AND {most} THEN seen := seen || {number}; END IF;
        WHEN insufficient_privilege THEN {refused}
        WHEN OTHERS THEN {otherwise}
    END;"""


@dataclass(frozen=True)
class Probe:
    """A statement, who runs it, and how many rows it may reach."""

    given: Entry
    statement: str
    most: int = 0
    least: int = 0
    """Where it is more than 0, being refused is not as it must be."""
    lenient: bool = False
    """Whether any error is as good as no row."""


def screened(
    session: psycopg.Connection[tuple[Any, ...]], probes: Sequence[Probe], table: str
) -> list[int]:
    """The numbers of the probes that are to be tried alone.

    All of them where the block itself fails. `table` is the bare name by which row security
    refuses.
    """
    import psycopg

    if not probes:
        return []
    parts = []
    named = quote(f'"{table}"')
    for number, probe in enumerate(probes):
        note = f"seen := seen || {number};"
        refused = note if probe.least else f"IF strpos(SQLERRM, {named}) = 0 THEN {note} END IF;"
        parts.append(
            _PROBE.format(
                enter=" ".join(f"EXECUTE {quote(each)};" for each in probe.given),
                statement=quote(probe.statement),
                least=probe.least,
                most=probe.most,
                number=number,
                refused="NULL;" if probe.lenient else refused,
                otherwise="NULL;" if probe.lenient else note,
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
