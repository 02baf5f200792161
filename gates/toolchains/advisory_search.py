"""Finds the advisories that a module's locked packages fall under, by snapshot or by service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date

from gates.errors import CouldNotCheckError
from gates.evidence.freshness import SNAPSHOT_RECORD
from gates.model import Location, RanRecord
from gates.recorder import LATER, note
from gates.records import dataclass
from gates.settings import Policy
from gates.toolchains import advisories
from gates.toolchains.advisories import HINT, Advisory
from gates.toolchains.carried.found import Carried
from gates.toolchains.carried.packages import as_locked
from gates.toolchains.languages import language_of
from gates.toolchains.locks import Locked, LockError
from gates.toolchains.tools import Tools


@dataclass(frozen=True)
class Hit:
    """An advisory that a package falls under, and where the module brings that in."""

    advisory: Advisory
    location: Location
    carried: Carried | None = None
    """The package, where another one carries it."""


def find_advisories(tools: Tools, policy: Policy, today: date) -> Iterator[Hit]:
    """Each advisory, with the line of the lock file that brings its package in.

    Raises `CouldNotCheckError` where there is no lock, or nobody to ask.
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
        yield Hit(advisory, Location(path, line or None))
    _raise_unclear(unclear)


def find_in_carried(
    tools: Tools, policy: Policy, today: date, carried: Sequence[Carried]
) -> Iterator[Hit]:
    """The same for packages that others carry; those of an ecosystem that nobody can be asked about
    here are left out (`can_ask`)."""
    packages, path = locked_packages(tools)
    language = language_of(tools.session.module)
    by_package: dict[Locked, list[Carried]] = {}
    for each in carried:
        by_package.setdefault(as_locked(each, packages), []).append(each)
    asked = sorted(by_package, key=lambda each: (each.name, each.version, each.line))
    found: Sequence[Advisory] = ()
    unclear: Sequence[str] = ()
    if policy.advisories is not None:
        found, unclear = _by_snapshot(tools, policy, today, asked)
    elif asked:
        note("hour:", LATER)
        found = language.ask_about(tools, asked)
    for advisory in found:
        for each in by_package.get(advisory.package, ()):
            yield Hit(advisory, place_of(each, path, advisory.package.line), each)
    _raise_unclear(unclear)


def said(advisory: Advisory) -> str:
    """An advisory in a sentence about its package."""
    also = f" ({', '.join(advisory.aliases)})" if advisory.aliases else ""
    severity = f", {advisory.severity}" if advisory.severity else ""
    return f"{advisory.id}{also}{severity}: {advisory.summary}"


def place_of(carried: Carried, lock: str, line: int) -> Location:
    """Where a module brings a carried package in: its own file, or the line of what carries it."""
    if not carried.carrier.folder:
        return Location(carried.path.partition(" > ")[0])
    return Location(lock, line or None)


def can_ask(tools: Tools, policy: Policy, today: date, ecosystem: str) -> bool:
    """Whether somebody knows the advisories of an ecosystem: the module's own one, or another one
    that the snapshot has a canary for."""
    if ecosystem == language_of(tools.session.module).ecosystem.name:
        return True
    return policy.advisories is not None and ecosystem in _read(policy, today)[0].ecosystems


def _raise_unclear(unclear: Sequence[str]) -> None:
    if unclear:
        more = f", and {len(unclear) - 3} more" if len(unclear) > 3 else ""
        raise CouldNotCheckError(f"not understood: {'; '.join(unclear[:3])}{more}")


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


def _read(policy: Policy, today: date) -> tuple[advisories.Snapshot, bytes]:
    assert policy.advisories is not None  # noqa: S101 - asked before
    try:
        data = policy.advisories.read_bytes()
    except OSError as error:
        raise CouldNotCheckError(f"the advisory snapshot cannot be read: {error}") from error
    days = policy.advisories_max_age_days
    return advisories.read_snapshot(data, today=today, max_age_days=days), data


def _by_snapshot(
    tools: Tools, policy: Policy, today: date, packages: list[Locked]
) -> tuple[Sequence[Advisory], Sequence[str]]:
    snapshot, data = _read(policy, today)
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
