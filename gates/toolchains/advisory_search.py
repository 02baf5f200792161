"""Finds the advisories that a module's locked packages fall under, by snapshot or by service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date

from gates.errors import CouldNotCheckError
from gates.evidence.freshness import SNAPSHOT_RECORD
from gates.model import Location, RanRecord
from gates.recorder import LATER, note
from gates.settings import Policy
from gates.toolchains import advisories
from gates.toolchains.advisories import HINT, Advisory
from gates.toolchains.languages import language_of
from gates.toolchains.locks import Locked, LockError
from gates.toolchains.tools import Tools


def find_advisories(
    tools: Tools, policy: Policy, today: date
) -> Iterator[tuple[Advisory, Location]]:
    """Each advisory, with the line of the lock file that brings its package in.

    Raises `CouldNotCheckError` where there is no lock, or nobody to ask; and, after what is known,
    where the packages that are installed are not those that were asked about.
    """
    language = language_of(tools.session.module)
    found: Sequence[Advisory] = ()
    unclear: Sequence[str] = ()
    packages, path = locked_packages(tools)
    if policy.advisories is not None:
        found, unclear = _by_snapshot(tools, policy, today, packages)
    elif tools.session.settings.offline:
        raise CouldNotCheckError(
            "no advisory source: offline, and the policy names no snapshot", hint=HINT
        )
    elif packages:
        note("hour:", LATER)
        found = language.ask_advisories(tools, packages)
    for advisory in sorted(found, key=lambda each: (each.package.line, each.package.name, each.id)):
        line = advisory.package.line if path == language.lock_file else None
        yield advisory, Location(path, line or None)
    if unclear:
        more = f", and {len(unclear) - 3} more" if len(unclear) > 3 else ""
        raise CouldNotCheckError(f"not understood: {'; '.join(unclear[:3])}{more}")
    language.install_packages(tools)


def locked_packages(tools: Tools) -> tuple[list[Locked], str]:
    """The packages that the module has locked, and the lock's path.

    Where the lock is not the module's own, it is the path of the file that names its packages.
    """
    language, files = language_of(tools.session.module), tools.session.module.files
    path = language.lock_file if language.lock_file in files else language.project_file
    try:
        return language.read_lock(tools.session), path
    except LockError as error:
        raise CouldNotCheckError(f"the lock cannot be read, line {error.line}: {error}") from error


def _by_snapshot(
    tools: Tools, policy: Policy, today: date, packages: list[Locked]
) -> tuple[Sequence[Advisory], Sequence[str]]:
    assert policy.advisories is not None  # noqa: S101 - asked before
    try:
        data = policy.advisories.read_bytes()
    except OSError as error:
        raise CouldNotCheckError(f"the advisory snapshot cannot be read: {error}") from error
    snapshot = advisories.read_snapshot(
        data, today=today, max_age_days=policy.advisories_max_age_days
    )
    if unknown := {package.ecosystem for package in packages} - snapshot.ecosystems:
        raise CouldNotCheckError(
            f"the advisory snapshot has no canary for {', '.join(sorted(unknown))}, "
            "so it may hold none of its advisories"
        )
    try:
        matches = advisories.match(snapshot, packages)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CouldNotCheckError(f"a package could not be matched: {error}") from error
    digest = hashlib.sha256(data).hexdigest()
    detail = f"{snapshot.count} records from {snapshot.source[:80]}, sha256:{digest}"
    created = snapshot.created.isoformat()
    tools.records.append(RanRecord(SNAPSHOT_RECORD, created, 0, len(packages), 0.0, detail))
    return matches.found, matches.unclear
