"""From the migrations of an older module to those of the standard, with the proof."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gates.adoption.older_files import OlderFiles, older_files
from gates.adoption.prove import comparable, rows_come_over
from gates.adoption.repair import World
from gates.adoption.settings_table import settings_of
from gates.adoption.state import look, open_older, own_objects, run_repairs
from gates.adoption.take_over import PATH, take_over
from gates.adoption.written import written
from gates.database import Database
from gates.database.runner import Failure
from gates.module import Module, with_files
from gates.records import dataclass, field
from gates.settings import Policy, Settings

INIT, BACK = "migrations/000_init.sql", "migrations/rollback/000_init.sql"
_THERE = frozenset({"42P07", "42710", "42701", "42723", "42P06"})
"""duplicate_table, _object, _column, _function, _schema (appendix A)."""


@dataclass(frozen=True)
class NewDatabase:
    """What would be written in the place of the older migrations."""

    changes: Mapping[str, bytes | None] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    """Of the module, partitions left out."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """New names of tables by their older ones."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What a table of settings says of each: type, default and choices, as JSON Schema."""
    did: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    """Why it must not be written; empty where it is proved."""
    notes: tuple[str, ...] = ()


def new_database(module: Module, policy: Policy, settings: Settings) -> NewDatabase:
    """The migrations, rollback and hook for a module of which no version was released.

    Raises `CouldNotCheckError` where there is no database to prove them with.
    """
    found = older_files(module)
    if not found.steps:
        return NewDatabase()
    with open_older(_laid_out(module, found), policy, settings) as older:
        unproved, notes = _stopped(older, found)
        with older.scratch("in use") as scratch:
            before = look(older, scratch, module.slug, released=False)
            unproved += _seeds(before, scratch.digests())
            repaired = run_repairs(older, scratch, module.slug, released=False)
        tables = tuple(each.name for each in repaired.world.tables if each.partition_of is None)
        if all(each.aside for each in repaired.steps) and _is_standard(module, found):
            return NewDatabase(tables=tables, unproved=unproved)
        unproved += repaired.failed
        new = written(repaired.world, [f"{e.sql}\n" for e in repaired.steps if e.everywhere])
        hook = take_over(before, repaired)
        changes: dict[str, bytes | None] = dict.fromkeys(
            (*found.steps, *found.doubled, *found.others)
        )
        changes |= {INIT: new.up.encode(), BACK: new.down.encode()}
        if hook:
            changes[PATH] = hook.encode()
        scripts = [(INIT, new.up)]
        wanted = comparable(own_objects(repaired.world).objects)
        fresh, why = _fresh(with_files(module, changes), policy, settings)
        unproved += why
        if not unproved:
            unproved += tuple(
                f"a fresh install differs from the older module, repaired: {each}"
                for each in _differences(wanted, fresh)
            )
        if not unproved:
            steps = [(PATH, hook), *scripts] if hook else scripts
            unproved += tuple(rows_come_over(older, steps, fresh))
    names = {each.oid: each.name for each in repaired.world.tables}
    renamed = {
        each.name: names[each.oid]
        for each in before.tables
        if each.oid in names and names[each.oid] != each.name
    }
    did = tuple(each.what for each in repaired.steps)
    settings_found = dict(settings_of(repaired.world))
    return NewDatabase(changes, tables, renamed, settings_found, did, unproved, notes)


def _is_standard(module: Module, found: OlderFiles) -> bool:
    """Whether the migrations lie where the standard wants them, each with its rollback."""
    there = [each.path for each in module.migrations if each.rollback_path]
    return list(found.steps) == there and not found.doubled


def _laid_out(module: Module, found: OlderFiles) -> Module:
    """The module with its older migrations as files of the standard's layout."""
    sql: dict[str, bytes | None] = {p: None for p in module.files if p.endswith(".sql")}
    for number, path in enumerate(found.steps):
        name = re.sub(r"\W+", "_", path.rpartition("/")[2].removesuffix(".sql").lower())
        sql[f"migrations/{number:03d}_{name}.sql"] = module.data(path)
    return with_files(module, sql)


def _stopped(older: Database, found: OlderFiles) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why a statement of the older migrations does not run: where what it would have made is not
    known, and where it was there before."""
    unknown, notes = [], []
    failures: list[Failure] = []
    for run in older.attempt.runs:
        failures += [run.failure] if run.failure else []
        failures += run.others
    paths = [path for path, _ in older.scripts]
    for each in failures:
        path = found.steps[paths.index(each.location.path)]
        where = f"{path}:{each.location.line}"
        extension = each.statement.upper().lstrip().startswith("CREATE EXTENSION")
        block = each.statement.upper().lstrip().startswith("DO")
        if extension or (each.sqlstate in _THERE and not block):
            notes.append(f"{where} was left out: {each.message}")
        else:
            unknown.append(f"{where} does not run: {each.message}")
    notes += [f"{path} is {other} once more" for path, other in found.doubled.items()]
    return tuple(unknown), tuple(notes)


def _seeds(before: World, digests: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        f"the older migrations put rows into {each.name}, and a row needs a tenant"
        for each in before.tables
        if not digests.get(each.qualified, "0/").startswith("0/")
    )


def _fresh(
    module: Module, policy: Policy, settings: Settings
) -> tuple[dict[str, dict[str, str]], tuple[str, ...]]:
    """The objects of a fresh install of the new migrations, on the platform as it is."""
    with Database.open(module, policy, settings) as database:
        applied = database.attempt
        failure = next((run.failure for run in applied.runs if run.failure), None)
        if failure is not None:
            return {}, (f"{failure.location}: {failure.message}",)
        before = applied.states[0].objects
        objects = applied.snapshot.objects
        own = {key: each for key, each in objects.items() if before.get(key) != each}
        return comparable(own), ()


def _differences(
    wanted: Mapping[str, Mapping[str, str]], fresh: Mapping[str, Mapping[str, str]]
) -> list[str]:
    from gates.database import Snapshot, diff

    return diff(Snapshot(wanted), Snapshot(fresh))
