"""From which released versions tenants may come to the one under test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from gates.catalog import ReleasedVersion
from gates.releases import Release

DEFAULT_HOURS = 48
"""The standard's `rollback_window_hours`."""


def starting_points(before: Sequence[Release], today: date) -> list[Release]:
    """The newest version, and each that tenants may still be rolled back to, newest first.

    A version can be rolled back, to the one before it, for its own `rollback_window_hours` after
    its release (section 7 of the standard). A version that was itself released so short a time ago
    counts, too: of another line than the newest, say. Windows are counted in hours up to the
    beginning of today, UTC, so that a run of the same day gives the same answer.
    `before` is newest first.
    """
    now = datetime.combine(today, time(), UTC)
    found = []
    for number, release in enumerate(before):
        after = before[number - 1] if number else None
        if after is None or _open(after.row, now) or _open(release.row, now):
            found.append(release)
    return found


def _open(version: ReleasedVersion, now: datetime) -> bool:
    hours = version.manifest.get("rollback_window_hours", DEFAULT_HOURS)
    if isinstance(hours, bool) or not isinstance(hours, int | float):
        hours = DEFAULT_HOURS
    return now < datetime.fromisoformat(version.released_at) + timedelta(hours=hours)
