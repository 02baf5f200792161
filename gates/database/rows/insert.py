"""Runs the statements that insert a row, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def run(
    connection: psycopg.Connection[tuple[Any, ...]],
    before: list[str],
    statement: str,
    *,
    returned: bool,
) -> tuple[int, tuple[Any, ...] | None]:
    """Run statements in one transaction and one round trip: how many rows the last one has to do
    with, and what it returned. Within a transaction, they are a part of it."""
    import psycopg

    if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
        with connection.transaction():
            connection.execute("; ".join(before))
            cursor = connection.execute(statement)
            return cursor.rowcount, cursor.fetchone() if returned else None
    try:
        cursor = connection.execute("; ".join(["BEGIN", *before, statement, "COMMIT"]))
    except psycopg.Error:
        connection.execute("ROLLBACK")
        raise
    for _ in range(len(before) + 1):
        cursor.nextset()
    return cursor.rowcount, cursor.fetchone() if returned else None
