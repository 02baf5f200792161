"""Finds the advisories that a module's locked packages fall under, by snapshot or by service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gates.errors import CouldNotCheckError
from gates.model import Location, RanRecord
from gates.settings import Policy
from gates.toolchains import advisories, audit, npm_packages
from gates.toolchains.advisories import Advisory
from gates.toolchains.locks import (
    NPM_LOCK,
    PYTHON_LOCK,
    Locked,
    LockError,
    read_npm_lock,
    read_requirements,
)
from gates.toolchains.python import LOCK_HINT
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools


def look_up(tools: Tools, policy: Policy, today: date) -> Iterator[tuple[Advisory, Location]]:
    """Each advisory, with the line of the lock file that brings its package in.

    Raises `CouldNotCheckError` where there is no lock, or nobody to ask.
    """
    packages, path = locked_packages(tools)
    if policy.advisories is not None:
        found = _by_snapshot(tools, policy, today, packages)
    elif tools.session.settings.offline:
        raise CouldNotCheckError(
            "no advisory source: offline, and the policy names no snapshot", hint=audit.HINT
        )
    elif not packages:
        found = []
    elif tools.session.module.language == "python":
        found = audit.pip_audit(tools, packages)
    else:
        found = audit.npm_audit(tools, npm_packages.install_files(tools.session).files, packages)
    for advisory in sorted(found, key=lambda each: (each.package.line, each.package.name, each.id)):
        own = path in tools.session.module.files
        line = advisory.package.line if own and advisory.package.line else None
        yield advisory, Location(path if own else "package.json", line)


def locked_packages(tools: Tools) -> tuple[list[Locked], str]:
    """The packages that the module has locked, and the lock's path."""
    try:
        return read_lock(tools.session)
    except LockError as error:
        raise CouldNotCheckError(f"the lock cannot be read, line {error.line}: {error}") from error


def read_lock(session: Session) -> tuple[list[Locked], str]:
    """The packages that the module has locked, and the lock's path.

    Raises `LockError` for what a lock must not hold, `CouldNotCheckError` where there is none.
    """
    module = session.module
    if module.language == "python":
        if PYTHON_LOCK not in module.files:
            raise CouldNotCheckError(f"there is no {PYTHON_LOCK}", hint=LOCK_HINT)
        return read_requirements(module.text(PYTHON_LOCK)), PYTHON_LOCK
    text, member, _ = npm_packages.locked(session)
    return read_npm_lock(text, member), NPM_LOCK


def _by_snapshot(
    tools: Tools, policy: Policy, today: date, packages: list[Locked]
) -> list[Advisory]:
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
        found = list(advisories.match(snapshot, packages))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CouldNotCheckError(f"a package could not be matched: {error}") from error
    detail = f"{snapshot.count} records from {snapshot.source[:80]}"
    created = snapshot.created.isoformat()
    tools.records.append(RanRecord("advisory-snapshot", created, 0, len(packages), 0.0, detail))
    return found
