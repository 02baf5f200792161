"""A permissive policy compares the tenant of the row with the tenant of the session."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.locate import policy_place
from gates.database.shapes.read import read_shapes
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.TEST)
def policy_shape(module: Module, database: Database) -> Iterator[Finding]:
    """A permissive policy compares the tenant of the row with the tenant of the session.

    Why: policies add up, so one that lets more through opens the table, whatever the others say.
        What an expression lets through for another user, clock, server or row cannot be tried for
        all of them. So a permissive policy is one of a few shapes, compared as PostgreSQL prints
        them: `tenant_id = <tenant of the session>`, plain or in a scalar SELECT, or a shape that
        the organisation lists (database.policy_shapes). Restrictive policies only narrow, but are
        asked of every tenant's rows: they call what can tell nothing of them (LEAKPROOF). What
        tenants really reach is proved by tenant-isolation, of approved policies too.
    Bad: USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid OR is_public); AS RESTRICTIVE USING
        (a_function(title))
    Good: USING (tenant_id = (auth.jwt() ->> 'tenant_id')::uuid), and a further condition in a
        policy AS RESTRICTIVE
    Fix: write the platform's comparison, and move other conditions into restrictive policies. What
        has to be otherwise may be approved for exactly its text: a waiver with its fingerprint.
    """
    if not database.tables("shapes of policies"):
        return
    for table, policy, deviation in read_shapes(database).policies:
        yield policy_shape.deviation(
            f"the {deviation.label} {deviation.sentence}",
            policy_place(module, policy.name, table),
            definition=deviation.digest,
            fix=deviation.fix,
            detail=deviation.definition,
        )
