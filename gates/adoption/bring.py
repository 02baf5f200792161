"""`gates fix --standard`: all repairs of an older module, and the proof that they hold together.

Of a module that was never released the migrations are written anew, and the other files drafted:
two parts, each proved by itself. What was released never changes, so there new migrations follow.
A part that is not proved is shown and not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gates.adoption.database import NewDatabase, new_database
from gates.adoption.draft import Older, as_json, drafts, older_manifest, older_slug
from gates.adoption.following import following
from gates.check import Outline, all_outlines
from gates.errors import CouldNotCheckError, GatesError
from gates.fix import Repair, Results, findings_of, gone, prove
from gates.model import CheckResult, Finding, Level, Stage, Verdict
from gates.module import Module, load_older, with_files
from gates.module.load import MANIFEST
from gates.needs import Needs
from gates.pipeline import run_module
from gates.records import dataclass, replace
from gates.settings import Policy, Settings, load_policy
from gates.toolchains.languages import language_name

Changes = Mapping[str, bytes | None]
CODE = frozenset({"tests", "bundle", "rebuilt"})
"""Needs of checks that run the module's own code, which nothing here repairs."""


@dataclass(frozen=True)
class Brought:
    """What would be written, and what is not."""

    repair: Repair
    did: tuple[str, ...] = ()
    """Each step in the database, in a clause."""
    notes: tuple[str, ...] = ()
    shown: Repair | None = None
    """What was made and not proved; None where all is."""


@dataclass(frozen=True)
class _Run:
    policy: Policy
    settings: Settings
    today: date

    def look(self, module: Module, *, database: bool) -> Results:
        """What the checks of manifest, files and, where asked, database say of a module; those
        that run its code are left out."""
        languages = (None, language_name(module))
        only = frozenset(
            each.id
            for each in all_outlines()
            if each.language in languages
            and (each.stage is Stage.LINT_MANIFEST or (database and about_database(each)))
            and not CODE.intersection(each.needs)
        )
        stages = (Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST)
        report = run_module(
            module, self.policy, stages, self.settings, today=self.today, only=only,
            with_baseline=False,
        )  # fmt: skip
        found = [each for stage in report.stages for each in stage.checks if each.check in only]
        return {each.check: _without_notes(each) for each in found}

    def newest(self, module: Module) -> str:
        """The newest released version, "" where none is. Raises where that is not known."""
        needs = Needs(module, self.policy, self.settings, today=self.today)
        try:
            rows = needs.catalog().versions(module.slug)
        finally:
            needs.close()
        return rows[0].version if rows else ""


def bring(path: Path, settings: Settings, today: date) -> Brought:
    """The repairs of an older module in a folder; nothing is written.

    Raises `UsageError` where the folder cannot be read, and `CouldNotCheckError` where what would
    be written has new findings, or would be changed again by a second run.
    """
    module = load_older(path)
    policy = load_policy(path, settings.policy)
    slug = older_slug(module)
    run = _Run(policy.for_module(slug), settings, today)
    known = with_files(module, {MANIFEST: as_json({**older_manifest(module), "slug": slug})})
    try:
        released = run.newest(known)
    except GatesError as error:
        why = f"the catalog could not be asked what was released: {error.message}"
        return Brought(Repair(module, {}, (), (why,)))
    if released:
        return _followed(run, module, released)
    return _anew(run, module, known)


def _followed(run: _Run, module: Module, released: str) -> Brought:
    """New migrations after those of a released module, held against the released versions."""
    if module.version == released:
        why = f"{released} is released: give module.json the version that is to have the repairs"
        return Brought(Repair(module, {}, (), (why,)))
    made = following(module, run.policy, run.settings)
    if not made.changes:
        return Brought(Repair(module, {}), notes=made.notes)
    new = with_files(module, made.changes)
    before, after = run.look(module, database=True), run.look(new, database=True)
    try:
        prove(before, after)
    except CouldNotCheckError as error:
        shown = Repair(module, made.changes)
        return Brought(Repair(module, {}, (), (error.message,)), (), made.notes, shown)
    repair = Repair(module, made.changes, gone(before, after))
    return Brought(repair, made.did, made.notes)


def _anew(run: _Run, module: Module, known: Module) -> Brought:
    """Migrations and files of a module of which nothing was released."""
    try:
        database = new_database(known, run.policy, run.settings)
    except CouldNotCheckError as error:
        database = NewDatabase(unproved=(error.message,))
    left = list(database.unproved)
    used = NewDatabase() if left else database
    changes = _drafted(run, module, used)
    if not changes:
        return Brought(Repair(module, {}, (), tuple(left)), (), database.notes)
    blocking = _errors_in(run.look(with_files(module, changes), database=not left), changes)
    if not left and any(_of_database(each) for each in blocking):
        left += [_sentence(each) for each in blocking if _of_database(each)]
        used = NewDatabase()
        changes = _drafted(run, module, used)
        blocking = _errors_in(run.look(with_files(module, changes), database=False), changes)
    if blocking:
        left += [_sentence(each) for each in blocking]
        shown = Repair(module, _drafted(run, module, database))
        return Brought(Repair(module, {}, (), tuple(left)), (), database.notes, shown)
    if again := _drafted(run, with_files(module, changes), NewDatabase()):
        raise CouldNotCheckError(f"a second run would change {', '.join(sorted(again))} once more")
    whole = {} if used is database else _drafted(run, module, database)
    more = {path: each for path, each in whole.items() if path not in changes}
    return Brought(
        Repair(module, changes, (), tuple(left)), used.did, database.notes,
        Repair(module, more) if more else None,
    )  # fmt: skip


def _drafted(run: _Run, module: Module, database: NewDatabase) -> Changes:
    """The database's files and all drafts, each over what those before it have written; without
    what is as it was."""
    changes = dict(database.changes)
    for each in drafts():
        now = with_files(module, changes)
        changes |= each.run(Older(now, module, database, run.policy, run.today))
    return {
        path: data
        for path, data in changes.items()
        if (path in module.files if data is None else _differs(module, path, data))
    }


def _without_notes(result: CheckResult) -> CheckResult:
    """A note says what a repair does, such as what data its rollback takes; it forbids nothing."""
    kept = (each for each in result.findings if each.level is not Level.NOTE)
    return replace(result, findings=tuple(kept))


def _differs(module: Module, path: str, data: bytes) -> bool:
    return path not in module.files or module.data(path) != data


def _errors_in(found: Results, changes: Changes) -> list[Finding]:
    """What is wrong with what would be written. Raises where a check could not be run."""
    for each in found.values():
        if each.verdict is Verdict.INCONCLUSIVE:
            raise CouldNotCheckError(f"{each.check} could not be run: {each.reason}")
    errors = [each for each in findings_of(found) if each.level is Level.ERROR]
    anew = any(path.startswith("migrations/") for path in changes)
    return [e for e in errors if e.location.path in changes or (anew and _of_database(e))]


def _of_database(finding: Finding) -> bool:
    return finding.location.path.startswith("migrations")


def about_database(outline: Outline) -> bool:
    """Whether a check is about migrations, or proves something on a database."""
    named = outline.id.startswith("migration") or outline.id in {"dynamic-sql", "squawk"}
    return named or "database" in outline.needs


def _sentence(finding: Finding) -> str:
    return f"{finding.location}: {finding.message} [{finding.check}]"
