"""The hooks of a first version, which has nothing to upgrade from: run on its own fresh install.

Its `pre_upgrade` runs before the first migration, too, when the version is provisioned: it takes
over what the module had before the standard, and does nothing where there is none. Hooks come with
every later version, so what they must not do they must not do from the first on: change the schema,
or do more when they are run again.
"""

from __future__ import annotations

from gates.database import Database
from gates.database.catalog_state.snapshot import diff
from gates.database.failure_advice import on_second_run, on_upgrade
from gates.database.proofs.idempotency.repeat import data_changes
from gates.database.proofs.upgrade.outcome import Upgraded
from gates.database.rows.filling import fill

_WHERE = "on a fresh install with rows"
_BEFORE = "before the first migration, where the module has no table"


def hooks_alone(database: Database) -> Upgraded:
    """Run each hook twice on a copy of the migrated module with rows of two tenants, and
    `pre_upgrade` on the platform without the module.

    Raises `MigrationsDoNotApplyError`.
    """
    found = Upgraded()
    for path, sql in (each for each in database.hooks if each[0].endswith("/pre_upgrade.sql")):
        with database.scratch("baseline") as scratch:
            schema = scratch.snapshot()
            if failure := scratch.run(path, sql).failure:
                found.fails(failure, f"this hook fails {_BEFORE}", on_upgrade)
            elif changed := diff(schema, scratch.snapshot()):
                found.differs(path, f"this hook changes the schema {_BEFORE}", changed)
    with database.scratch() as scratch:
        found.unfilled = fill(database, scratch, before=database.hooks)
        for path, sql in database.hooks:
            schema = scratch.snapshot()
            if failure := scratch.run(path, sql).failure:
                found.fails(failure, f"this hook fails {_WHERE}", on_upgrade)
                return found
            if changed := diff(schema, scratch.snapshot()):
                found.differs(path, f"this hook changes the schema {_WHERE}", changed)
            data = scratch.digests()
            if failure := scratch.run(path, sql).failure:
                found.fails(
                    failure, f"this hook fails when it is run again {_WHERE}", on_second_run
                )
                return found
            if wrote := data_changes(data, scratch.digests()):
                found.differs(path, "run again, the hook changes data once more", [*wrote.values()])
    return found
