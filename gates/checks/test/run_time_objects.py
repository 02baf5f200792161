"""What functions make when they are called is made in the proof, and held to every rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.locate import place_of
from gates.database.shapes.read import read_shapes
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.TEST)
def run_time_objects(module: Module, database: Database) -> Iterator[Finding]:
    """What functions make when they are called is made in the proof, and held to every rule.

    Why: a function that makes next month's partition, grants it or switches something off does so
        after every proof is over. So each such function is called with many arguments in a copy of
        the database; the tables that it makes are then looked at like those of a migration, and
        tenants try to reach their rows. A command that no call ran has made nothing to look at.
    Bad: a partition made by a function without row security; a GRANT behind IF now() > ..; DDL in
        a trigger function
    Good: CREATE FUNCTION x_add_month(month date) .. EXECUTE format('CREATE TABLE IF NOT EXISTS
        public.%I PARTITION OF ..', ..), with ENABLE, FORCE, the policy and the index on it
    Fix: let the function make its objects for ordinary arguments (dates, names, whole numbers),
        without a condition that only production meets; or have it approved for exactly its text.
    """
    if not database.scripts:
        database.record("objects made at run time", 0, detail="the module has no migrations")
        return
    with database.proof("objects made at run time", len(database.attempt.makers), "functions"):
        makers = database.in_use.makers
        known = {table.oid for table in database.attempt.tables}
        made = [each for each in database.in_use.tables if each.oid not in known]
    for table in made:
        if not table.name.startswith(module.table_prefix):
            yield run_time_objects.finding(
                f"a function makes the table {table.name}, which does not begin with"
                f" {module.table_prefix}",
                database.place(table),
                fix=f"let it make names that begin with {module.table_prefix} alone",
            )
    for maker in makers:
        if not maker.not_run:
            continue
        commands = "; ".join(f"line {line}: {command}" for line, command in maker.not_run[:3])
        why = f" ({maker.failure})" if maker.failure else ""
        definition = read_shapes(database).definitions.around(maker.definition)
        yield run_time_objects.deviation(
            f"no call of the {maker.label} ran {commands}{why}, so that nobody has seen what it"
            " makes",
            place_of(module, maker.name, maker.label),
            definition=hashlib.sha256(definition.encode()).hexdigest(),
            fix="let it do so for ordinary arguments, or make the objects in a migration",
            detail=definition,
        )
