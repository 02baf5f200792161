"""Runs the repairs over a copy of the older module's database, one after the other."""

from __future__ import annotations

from importlib.resources import as_file, files

from gates.adoption.repair import AFTERWARDS, Step, World, repairs
from gates.database import Database, Snapshot
from gates.database.catalog_state.facts import read_facts
from gates.database.catalog_state.tables import read_tables
from gates.database.prepared.scratch import Scratch
from gates.module import Module
from gates.records import dataclass, replace
from gates.settings import Policy, Settings


@dataclass(frozen=True)
class Repaired:
    """What the repairs made of a database."""

    world: World
    """As it is afterwards."""
    steps: tuple[Step, ...]
    """All that ran, in order, and those for `AFTERWARDS`."""
    failed: tuple[str, ...]
    """Steps that did not run here, each with why: one sentence."""


def older_policy(policy: Policy) -> Policy:
    """The policy with what older modules expect of the platform, too."""
    with as_file(files("gates.adoption") / "older_platform.sql") as path:
        return replace(policy, baseline=(*policy.baseline, path))


def open_older(module: Module, policy: Policy, settings: Settings) -> Database:
    """The databases of an older module, whose migrations lie where the standard wants them."""
    return Database.open(module, older_policy(policy), settings)


def look(database: Database, scratch: Scratch, slug: str, *, released: bool) -> World:
    """A database as repairs see it."""
    admin = scratch.session("admin")
    everything = read_tables(admin)
    return World(
        slug,
        database.sessions.way.tenant,
        tuple(t for t in everything.values() if t.qualified not in database.platform_tables),
        everything,
        read_facts(admin, scratch.workspace.owner),
        scratch.snapshot(),
        database.attempt.states[0],
        released,
    )


def run_repairs(database: Database, scratch: Scratch, slug: str, *, released: bool) -> Repaired:
    """Run every repair on a copy, for good. A step that fails is left out and named."""
    world = look(database, scratch, slug, released=released)
    done: list[Step] = []
    failed: list[str] = []
    later: list[Step] = []
    waiting = list(repairs())
    while waiting or later:
        order = min([each.order for each in waiting] + [each.at for each in later])
        steps = [each for each in later if each.at == order]
        later = [each for each in later if each.at != order]
        if not steps:
            chosen = waiting.pop(0)
            for each in chosen.run(world):
                step = replace(each, at=each.at or order)
                (steps if step.at == order else later).append(step)
        if released:
            failed += [
                f"what {e.what} has no way back, and is not done" for e in steps if not e.back
            ]
            steps = [each for each in steps if each.back]
        if order < AFTERWARDS:
            steps = [each for each in steps if _ran(scratch, each, failed)]
        done += steps
        if steps and order < AFTERWARDS:
            world = look(database, scratch, slug, released=released)
    return Repaired(world, tuple(done), tuple(failed))


def _ran(scratch: Scratch, step: Step, failed: list[str]) -> bool:
    sql = step.sql
    if "PERFORM " in sql:
        sql = f"DO $repair$ BEGIN\n{sql}\nEND $repair$;"
    failure = scratch.run("", f"BEGIN; SET LOCAL search_path TO public; {sql} COMMIT;").failure
    if failure is not None:
        failed.append(f"what {step.what} does not run: {failure.message}")
    return failure is None


def own_objects(world: World) -> Snapshot:
    """The module's objects alone."""
    return Snapshot(
        {
            key: each
            for key, each in world.snapshot.objects.items()
            if world.before.objects.get(key) != each
        }
    )
