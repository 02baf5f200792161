"""How old evidence may be: rules about times, the order of stages, and the gate that made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gates.evidence.envelope import shown
from gates.model import Stage

if TYPE_CHECKING:
    from gates.evidence.rules import Expected
    from gates.evidence.statement import Statement

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""
SNAPSHOT_RECORD = "advisory-snapshot"
"""The ran-record of the scan whose version is the time of the advisory snapshot (ISO 8601), and
whose detail ends with the SHA-256 of its file."""


def read_time(text: str) -> datetime | None:
    """A time with its offset from UTC (RFC 3339), or None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None


def hours_between(made: str, started: str) -> float | None:
    """Hours from one time to another, both RFC 3339; None where one is none, or the first is the
    later one by more than clocks differ."""
    before, after = read_time(made), read_time(started)
    if before is None or after is None or before - after > CLOCKS_DIFFER:
        return None
    return (after - before).total_seconds() / 3600


def check_started(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The stage ran, and not long ago."""
    started = read_time(found.started)
    if started is None:
        yield f"the evidence of {stage} does not say when it ran: {shown(found.started)} [no-time]"
    elif started - expected.now > CLOCKS_DIFFER:
        yield (
            f"the evidence of {stage} is from the future: {shown(found.started)} [from-the-future]"
        )
    elif expected.now - started > timedelta(hours=expected.max_age_hours):
        yield (
            f"the stage {stage} ran on {shown(found.started)}, more than"
            f" {expected.max_age_hours:g} hours ago [stale]"
        )


def check_gates_version(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The gate that ran the stage was at least of the version that is asked for."""
    version = found.environment.get("gates", "")
    if version == expected.least_gates:  # a version, as the policy's reader has seen to
        return
    from semver import Version

    if not Version.is_valid(version) or Version.parse(version) < expected.least_gates:
        yield (
            f"the stage {stage} was run by gates {shown(version) or 'of no version'}, and at least"
            f" {expected.least_gates} is required [old-gates]"
        )


def check_advisory_age(found: Statement, stage: Stage, expected: Expected) -> Iterator[str]:
    """The advisories that the scan knew are not too old today."""
    if stage is not Stage.SCAN:
        return
    records = (each for check in found.checks for each in check.records)
    for record in records:
        if record.name != SNAPSHOT_RECORD:
            continue
        created = read_time(record.version)
        days = (expected.now - created).days if created else None
        if days is None or days > expected.advisories_max_age_days:
            yield (
                f"the stage {stage} knew the advisories of {shown(record.version)}, and they may be"
                f" {expected.advisories_max_age_days} days old at a release [stale-advisories]"
            )


def check_order(found: Mapping[Stage, Statement]) -> Iterator[str]:
    """What publish relied upon had ended when it began."""
    publish = found.get(Stage.PUBLISH)
    began = read_time(publish.started) if publish else None
    if publish is None or began is None:
        return
    for stage, before in found.items():
        started = read_time(before.started)
        if stage not in Stage.PUBLISH.before or started is None:
            continue
        if (started - began).total_seconds() + before.seconds > CLOCKS_DIFFER.total_seconds():
            yield (
                f"the stage publish began on {shown(publish.started)}, before the stage {stage}"
                " had ended, which it relied upon [out-of-order]"
            )
