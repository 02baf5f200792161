"""Exception handlers that keep a statement going that was cancelled. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.statements import Inner, block_of, source_of
from gates.model import Location

_CANCELS = frozenset({"query_canceled", "operator_intervention", "57014", "57000"})
"""OTHERS leaves them alone (PL/pgSQL, Trapping Errors)."""


def swallowed(inner: Inner) -> Iterator[tuple[str, str, Location]]:
    """The handlers of a body that catch its cancellation: what, what instead, where."""
    found = source_of(inner)
    if found is None or inner.part or found[0] != "plpgsql":
        return
    body = block_of(inner.statement, found[1])
    for condition, line in body.handlers if body else ():
        if condition.lower() in _CANCELS:
            at = Inner(inner.script, inner.statement, found[2] + line - 1).at()
            yield (
                f"EXCEPTION WHEN {condition}",
                "a statement that is cancelled ends: it has run out of time, or the platform stops",
                at,
            )
