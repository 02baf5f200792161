"""Plans that outlive a tenant: a function of a policy that reads the session and is IMMUTABLE.

PostgreSQL puts the value of such a function into the plan of a prepared statement ("an IMMUTABLE
function ... allows the optimizer to pre-evaluate", Function Volatility Categories). On a connection
that another tenant gets from a pool, the plan then still shows the rows of the tenant before.
"""

# ruff: noqa: S608 - names are quoted by the server, values by `quote`
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Table
from gates.database.proofs.tenants.outcomes import Leak, tenant_column
from gates.database.proofs.tenants.replay import STILL
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.tenant_session import APP

if TYPE_CHECKING:
    import psycopg

_IMMUTABLE = """
    SELECT p.oid::regprocedure::text,
        coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ~* 'auth\\.|current_setting'
    FROM pg_proc p
    WHERE p.proowner = %s::regrole AND p.provolatile = 'i' AND p.prokind = 'f'
    ORDER BY 1"""
_NAME = "gates_plan"


def immutable_functions(owner: psycopg.Connection[tuple[Any, ...]], name: str) -> dict[str, bool]:
    """The IMMUTABLE functions of the role `name`, and whether their own text reads the session."""
    return dict(owner.execute(_IMMUTABLE, (name,)).fetchall())


def plans_that_stay(tenants: Tenants, table: Table, constant: Mapping[str, bool]) -> Iterator[Leak]:
    """What tenant B reaches through a statement that was prepared and run as tenant A; `constant`
    as from `immutable_functions`."""
    functions = [name for name, reads in constant.items() if reads]
    column = tenant_column(table)
    mine, other = tenants.rows(table)
    listed = ", ".join(functions)
    because = f": {listed} is IMMUTABLE, so PostgreSQL keeps its value in the plan"
    fix = "\n".join(f"ALTER FUNCTION {each} STABLE;" for each in functions)
    tries = [(f"SELECT {column}::text FROM {table.qualified}", "SELECT", "reads")]
    if constant:
        tries.append((tenants.new(table, tenants.a).statement(own_keys=False), "INSERT", "adds"))
    for statement, command, verb in tries:
        # What stops an INSERT is to be row security, and not a trigger that writes elsewhere.
        triggers = command == "SELECT"
        if not triggers:
            tenants.owner.execute(f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER")
        try:
            stays = _stays(tenants, statement, reads=command == "SELECT")
        finally:
            if not triggers:
                tenants.owner.execute(f"ALTER TABLE {table.qualified} ENABLE TRIGGER USER")
        if not stays:
            continue
        yield Leak(
            "plan",
            table,
            f"{verb} rows of the tenant that had the connection before, by a prepared statement"
            f"{because if functions else ''}",
            "\n".join(
                [
                    "BEGIN;",
                    *tenants.made([*mine.family(), *other.family()]),
                    *tenants.missing_grants(table, command),
                    *([] if triggers else [f"ALTER TABLE {table.qualified} DISABLE TRIGGER USER;"]),
                    f"SET LOCAL ROLE {APP};",
                    f"PREPARE {_NAME} AS {statement};",
                    *(f"{each};  -- tenant A" for each in tenants.as_a),
                    f"SAVEPOINT a;\nEXECUTE {_NAME};\nROLLBACK TO a;",
                    *(f"{each};  -- tenant B" for each in tenants.sessions.enter(tenants.b)),
                    f"EXECUTE {_NAME};  -- {STILL}",
                    "ROLLBACK;",
                ]
            ),
            fix or "declare what the policy calls STABLE, not IMMUTABLE",
        )
        return


def _stays(tenants: Tenants, statement: str, *, reads: bool) -> bool:
    """Whether what A prepared still reaches A's rows when B executes it."""
    import psycopg

    tenants.attempts += 1
    as_b = tenants.sessions.enter(tenants.b)
    before = [f"PREPARE {_NAME} AS {statement}", "BEGIN", *tenants.as_a, f"EXECUTE {_NAME}",
              "ROLLBACK", "BEGIN", *as_b]  # fmt: skip
    batch = [*before, f"EXECUTE {_NAME}", "ROLLBACK", f"DEALLOCATE {_NAME}"]
    try:
        cursor = tenants.app.execute("; ".join(batch))
        for _ in before:
            cursor.nextset()
        return not reads or (tenants.a,) in cursor.fetchall()
    except psycopg.Error:
        tenants.app.execute("ROLLBACK")
        tenants.app.execute("DEALLOCATE ALL")
        return False
