"""Restrictive policies: what they ask of a row must tell nothing of it but yes or no.

PostgreSQL asks them before the permissive policies, so of the rows of every tenant. A function that
keeps what it is given, or an error that names it, then lets one tenant see another's rows. Which
expressions are harmless the server says itself: those that it pushes below a view WITH
(security_barrier), because all that they call is LEAKPROOF or is given no column ("Rules and
Privileges").
"""

# ruff: noqa: S608 - names and expressions are the server's
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.shapes.deviation import Definitions, Deviation
from gates.database.shapes.policies import definition_of

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_VIEW = "public.gates_barrier"
_FIX = (
    "ask by = and < of uuid, text, numbers, times and booleans, and of the session's claims, which"
    " tell nothing; or have it approved for exactly its text"
)


def telling_policies(
    admin: Session,
    tables: Sequence[Table],
    policies: Sequence[RowPolicy],
    definitions: Definitions,
) -> Iterator[tuple[Table, RowPolicy, Deviation]]:
    """The restrictive policies that may tell something of the rows which they hold back. `admin`
    passes by row security."""
    for table in tables:
        for policy in policies:
            if policy.table != table.oid or policy.permissive or policy.using is None:
                continue
            if _tells(admin, table, policy.using):
                yield table, policy, Deviation(
                    f"policy {policy.name} on {table.schema}.{table.name}", policy.name,
                    "is asked of every tenant's rows, before the tenant is compared, and what it"
                    f" calls may tell of them: {policy.using}",
                    _FIX, definitions.around(definition_of(table, policy)),
                )  # fmt: skip


def _tells(admin: Session, table: Table, expression: str) -> bool:
    """Whether the server keeps the expression above a barrier."""
    alias = table.qualified.removeprefix(f"{table.qualified.partition('.')[0]}.")
    with admin.transaction(force_rollback=True):
        admin.execute("SET LOCAL search_path = ''")
        admin.execute(
            f"CREATE VIEW {_VIEW} WITH (security_barrier) AS SELECT * FROM {table.qualified}"
        )
        # IS NOT FALSE keeps the expression whole: it is not turned into a join.
        (plan,) = admin.execute(
            f"EXPLAIN (FORMAT JSON, COSTS OFF) SELECT FROM {_VIEW} AS {alias}"
            f" WHERE ({expression}) IS NOT FALSE"
        ).fetchone() or ({},)
    return any(_filtered(each["Plan"]) for each in plan)


def _filtered(plan: dict[str, Any]) -> bool:
    held = plan.get("Node Type") == "Subquery Scan" and "Filter" in plan
    return held or any(_filtered(each) for each in plan.get("Plans", ()))
