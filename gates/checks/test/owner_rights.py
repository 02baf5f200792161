"""Nothing of a module runs with its owner's rights."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.locate import place_of
from gates.database.shapes.read import read_shapes
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.TEST)
def owner_rights(module: Module, database: Database) -> Iterator[Finding]:
    """Nothing of a module runs with its owner's rights.

    Why: row security does not hold what runs with the rights of the role that owns the tables: a
        SECURITY DEFINER function, a view that is not security_invoker, a materialized view that
        sessions may read, a rewrite rule, a function that the server calls for an index, a domain
        or a foreign key's ON UPDATE. Whether such a thing keeps tenants apart depends on
        every statement in it and in all that it calls, and no few trials show that.
    Bad: CREATE FUNCTION .. SECURITY DEFINER; CREATE VIEW v AS SELECT ..; CREATE RULE
    Good: functions without SECURITY DEFINER; CREATE VIEW v WITH (security_invoker = true) AS ..; a
        trigger for a rule
    Fix: do what the finding says. What has to run with its owner's rights may be approved for
        exactly its text, and that of all that it names: a waiver with its fingerprint. It is still
        called and asked by tenant-isolation.
    """
    if not database.scripts:
        database.record("owner's rights", 0, detail="the module has no migrations")
        return
    with database.proof("owner's rights", len(database.in_use.tables), "tables"):
        found = read_shapes(database).owner_rights
    for deviation in found:
        yield owner_rights.deviation(
            f"the {deviation.label} {deviation.sentence}",
            place_of(module, deviation.name, deviation.label),
            definition=deviation.digest,
            fix=deviation.fix,
            detail=deviation.definition,
        )
