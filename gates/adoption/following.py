"""New migrations for a released module: what is released never changes, so repairs follow it."""

from __future__ import annotations

from collections.abc import Iterable

from gates.adoption.database import NewDatabase
from gates.adoption.repair import Step
from gates.adoption.state import run_repairs
from gates.adoption.written import HEAD
from gates.database import Database
from gates.database.parsing.script import parse
from gates.fixers.migrations_match_manifest import migrations_match_manifest
from gates.module import Module, with_files
from gates.settings import Policy, Settings

_INDEX = "CREATE INDEX IF NOT EXISTS "


def following(module: Module, policy: Policy, settings: Settings) -> NewDatabase:
    """One migration with its rollback, and one more for indexes, which are made beside the work of
    tenants. Only steps with a way back are taken.

    Raises `CouldNotCheckError` where there is no database, or the migrations do not apply to it.
    """
    if not module.migrations:
        return NewDatabase()
    with Database.open(module, policy, settings) as database:
        _ = database.applied
        with database.scratch("in use") as scratch:
            repaired = run_repairs(database, scratch, module.slug, released=True)
    steps = [each for each in repaired.steps if each.back]
    indexes = [each for each in steps if each.sql.startswith(_INDEX)]
    changes: dict[str, bytes | None] = {}
    number = module.migrations[-1].number + 1
    for name, part in (
        ("standard", [each for each in steps if each not in indexes]),
        ("standard_indexes", [_beside(each) for each in indexes]),
    ):
        if part:
            file = f"{number:03d}_{name}.sql"
            changes[f"migrations/{file}"] = _script(each.sql for each in part)
            back = [each.back for each in reversed(part)]
            changes[f"migrations/rollback/{file}"] = _script(back)
            number += 1
    if changes:
        changes |= migrations_match_manifest.run(with_files(module, changes))
    did = tuple(each.what for each in steps)
    return NewDatabase(changes, did=did, notes=repaired.failed)


def _beside(step: Step) -> Step:
    """An index that is made while tenants write; one that was interrupted is made anew."""
    name = parse("", step.sql).statements[0].node["idxname"]
    create = step.sql.replace(_INDEX, "CREATE INDEX CONCURRENTLY ", 1)
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name};"
    return Step(f"{drop}\n{create}", step.what, back=drop)


def _script(statements: Iterable[str]) -> bytes:
    return f"{HEAD}\n{chr(10).join(statements)}\n".encode()
