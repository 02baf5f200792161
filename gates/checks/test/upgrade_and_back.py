"""An upgrade from a released version ends where a fresh install does, and leads back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gates.check import check
from gates.checks.test._window import starting_points
from gates.database import Database
from gates.database.proofs.upgrade.hooks import hooks_alone
from gates.database.proofs.upgrade.outcome import Upgraded
from gates.database.proofs.upgrade.upgrade import upgrade
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.releases import Release, Releases


@check(Stage.TEST)
def upgrade_and_back(
    module: Module, database: Database, releases: Releases, today: date
) -> Iterator[Finding]:
    """An upgrade from a released version ends where a fresh install does, and leads back.

    Why: tenants come to a version from the one that they have, with rows in every table, and may
        go back within the rollback window. Each version that they may come from (the newest, and
        those that a rollback can still reach) is installed here from its published bundle, filled,
        and upgraded: pre_upgrade, the migrations, post_upgrade. Old rows come in duplicates, with
        long texts and large numbers, and as new rules refuse them: a statement before the rule has
        to make them fit. The schema must be a fresh
        install's and every row still there; the hooks must bear running again, those of a first
        version on its own fresh install and its pre_upgrade before that, too, and change no
        schema; the rollbacks of
        what is new must bring back the old schema and leave the old rows alone. Notes name what
        data is lost on the way, and which values an upgrade changes.
    Bad: ADD COLUMN colour text NOT NULL, which no table with rows can take; a column that is added
        by a hook, and so is missing from every fresh install
    Good: ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 'white'; a hook that only fills it
    Fix: change the new migration or the hook that the finding points at, never a released file.
    """
    if not module.slug:
        raise CouldNotCheckError(
            "the slug is not usable, so no released version can be looked up",
            hint="fix what `manifest-schema` reports first",
        )
    before = releases.before
    unfilled: list[str] = []
    clean = True
    proofs: list[Upgraded] = []
    if not before:
        detail = "first version: nothing to upgrade from"
        with database.proof("upgrade proof", len(module.hooks), detail):
            proofs += [hooks_alone(database)] if module.hooks else []
    for release, also in _distinct(starting_points(before, today)):
        old = _module(release)
        files = len(old.migrations) + len(module.migrations)
        with database.proof("upgrade proof", files, f"from {', '.join((release.version, *also))}"):
            proofs.append(upgrade(database, old, module))
    for found in proofs:
        unfilled += found.unfilled
        for level, faults in ((Level.ERROR, found.faults), (Level.NOTE, found.notes)):
            for fault in faults:
                clean &= level is Level.NOTE
                yield upgrade_and_back.finding(
                    fault.message, fault.at, level=level, fix=fault.fix,
                    detail=fault.detail or None, rule=fault.rule,
                )  # fmt: skip
    if unfilled and clean:
        raise CouldNotCheckError(
            f"the upgrade was tried without rows: {unfilled[0]}",
            hint="gates explain upgrade-and-back",
        )


def _module(release: Release) -> Module:
    """The released module; inconclusive where its files cannot be read."""
    found = release.module
    for problem in found.problems:
        if problem.unread:
            raise CouldNotCheckError(
                f"the released {release.version} cannot be read: {problem.message}",
                hint="restore the registry from its backup",
            )
    return found


def _distinct(releases: list[Release]) -> list[tuple[Release, list[str]]]:
    """Releases with migrations of their own, each with the versions that have the same."""
    found: dict[object, tuple[Release, list[str]]] = {}
    for release in releases:
        key = tuple((each.path, each.sql) for each in _module(release).migrations)
        if key in found:
            found[key][1].append(release.version)
        else:
            found[key] = release, []
    return list(found.values())
