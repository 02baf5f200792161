"""What a DO block or function would do under some condition keeps tenants apart, too."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.parsing.statements import scripts_of, statements_of
from gates.database.rules.conditional import weakening
from gates.database.shapes.policies import allowed_shapes
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.TEST)
def migration_branches(module: Module, database: Database) -> Iterator[Finding]:
    """What a DO block or function would do under some condition keeps tenants apart, too.

    Why: the proofs see what a block does in the proof. A block that makes an open policy if the
        clock, a number of rows or a setting says so does nothing then and everything later. So
        every statement in a block or function that touches protection is judged by its text, as if
        it ran: policies, grants, views, functions, triggers, tables and keys that the proof never
        saw. A function grants nothing at all: a partition is reached through its parent.
    Bad: IF now() > '2027-01-01' THEN CREATE POLICY extra ON t USING (true); END IF
    Good: a loop over partitions that makes the policy tenant_isolation with the platform's
        comparison; IF to_regtype('x') IS NULL THEN CREATE TYPE x ..
    Fix: write the statement outside of the block, where it always runs, or leave it out.
    """
    scripts = [
        script
        for script in scripts_of(module)
        if any(inner.outer is not None for inner in statements_of(script))
    ]
    if not scripts:
        database.record("branches of migrations", 0, detail="no blocks and no functions")
        return
    shapes = allowed_shapes(database.sessions.way, database.policy_shapes)
    with database.proof("branches of migrations", len(scripts), "files"):
        there = {key for state in database.in_use.states for key in state.objects}
        found = list(weakening(scripts, shapes, there))
    for each in found:
        yield migration_branches.finding(each.message, each.location, fix=each.fix)
