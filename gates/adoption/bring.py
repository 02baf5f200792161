"""`gates fix --standard`: all repairs of an older module, and the proof that they hold together.

Two parts are proved, each by itself: the database (migrations, rollback, hook, with the names of
its tables in the sources), and the other files. A part that is not proved is shown and not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gates.adoption.database import NewDatabase, new_database
from gates.adoption.draft import Older, as_json, drafts, older_manifest, older_slug
from gates.check import Outline, all_outlines
from gates.errors import CouldNotCheckError, GatesError
from gates.fix import Repair
from gates.model import Finding, Level, Stage, Verdict
from gates.module import Module, load_older, with_files
from gates.module.load import MANIFEST
from gates.needs import Needs
from gates.pipeline import run_module
from gates.settings import Policy, Settings, load_policy
from gates.toolchains.languages import language_name

CODE = frozenset({"tests", "bundle", "rebuilt"})
"""Needs of checks that run the module's own code, which nothing here repairs."""


@dataclass(frozen=True)
class Brought:
    """What would be written, and what is not."""

    repair: Repair
    did: tuple[str, ...]
    """Each step, in a clause."""
    notes: tuple[str, ...]
    shown: Repair | None = None
    """What was made and not proved; None where all is."""


def bring(path: Path, settings: Settings, today: date) -> Brought:
    """The repairs of an older module in a folder; nothing is written.

    Raises `UsageError` where the folder cannot be read.
    """
    module = load_older(path)
    policy = load_policy(path, settings.policy)
    slug = older_slug(module)
    policy = policy.for_module(slug)
    named = {**older_manifest(module), "slug": slug}
    known = with_files(module, {MANIFEST: as_json(named)})
    if why := _released(known, policy, settings, today):
        return Brought(Repair(module, {}, (), (why,)), (), ())
    database = _database(known, policy, settings)
    left = list(database.unproved)
    proved = NewDatabase() if left else database
    changes = _drafted(module, proved, policy, today)
    new = with_files(module, changes)
    errors = _errors(new, policy, settings, today, database=not left)
    blocking = [each for each in errors if each.location.path in changes]
    left += [f"{each.location}: {each.message} [{each.check}]" for each in blocking]
    if blocking:
        return Brought(
            Repair(module, {}, (), tuple(left)), (), database.notes, Repair(module, changes)
        )
    shown = None
    if database.unproved:
        shown = Repair(module, _drafted(module, database, policy, today))
    again = _drafted(new, replace(proved, changes={}, renamed={}), policy, today)
    if again:
        raise CouldNotCheckError(f"a second run would change {', '.join(sorted(again))} once more")
    return Brought(Repair(module, changes, (), tuple(left)), proved.did, database.notes, shown)


def _database(module: Module, policy: Policy, settings: Settings) -> NewDatabase:
    try:
        return new_database(module, policy, settings)
    except CouldNotCheckError as error:
        return NewDatabase(unproved=(error.message,))


def _released(module: Module, policy: Policy, settings: Settings, today: date) -> str:
    """Why migrations may not be rewritten; "" where no version of the module was released."""
    needs = Needs(module, policy, settings, today=today)
    try:
        rows = needs.catalog().versions(module.slug)
    except GatesError as error:
        return f"the catalog could not be asked what was released: {error.message}"
    finally:
        needs.close()
    return f"{module.slug} {rows[0].version} is released" if rows else ""


def _drafted(
    module: Module, database: NewDatabase, policy: Policy, today: date
) -> Mapping[str, bytes | None]:
    """The database's files and all drafts, each over what those before it have written."""
    changes = dict(database.changes)
    for each in drafts():
        now = with_files(module, changes)
        changes |= each.run(Older(now, module, database, policy, today))
    return {
        path: data
        for path, data in changes.items()
        if (data is not None and (path not in module.files or module.data(path) != data))
        or (data is None and path in module.files)
    }


def _errors(
    module: Module, policy: Policy, settings: Settings, today: date, *, database: bool
) -> list[Finding]:
    """What the checks of manifest, files and database find in a module, but for those that run its
    code. One that cannot be run is a finding, too."""
    languages = (None, language_name(module))
    chosen = frozenset(
        each.id
        for each in all_outlines()
        if each.language in languages
        and (each.stage is Stage.LINT_MANIFEST or (database and _about_database(each)))
        and not CODE.intersection(each.needs)
    )
    stages = (Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST)
    report = run_module(
        module, policy, stages, settings, today=today, only=chosen, with_baseline=False
    )
    found = [result for stage in report.stages for result in stage.checks]
    errors = [e for result in found for e in result.findings if e.level is Level.ERROR]
    unknown = [e for e in found if e.verdict is Verdict.INCONCLUSIVE and e.check in chosen]
    if unknown:
        first = unknown[0]
        raise CouldNotCheckError(f"{first.check} could not be run: {first.reason}")
    return errors


def _about_database(outline: Outline) -> bool:
    return outline.id.startswith("migration") or "database" in outline.needs
