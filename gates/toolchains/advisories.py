"""Matches locked packages with a snapshot of advisories in the OSV format. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from gates.errors import CouldNotCheckError
from gates.records import dataclass
from gates.toolchains.ecosystem import Ecosystem, Ordered
from gates.toolchains.locks import Locked
from gates.toolchains.osv import (
    NotUnderstoodError,
    entries_of,
    fixed_versions,
    is_affected,
    package_key,
)

SCHEMA_VERSION = 1
HINT = "configure an offline snapshot: [advisories] snapshot in gates-policy.toml"
"""What helps where a registry's own service did not answer."""


@dataclass(frozen=True)
class Snapshot:
    """Advisories of one day, by the key that `osv.package_key` gives for their packages."""

    created: datetime
    source: str
    count: int
    by_package: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
    ecosystems: frozenset[str] = frozenset()
    """Those that a canary vouches for; of others the snapshot may hold nothing at all."""


@dataclass(frozen=True)
class Advisory:
    """One advisory that one locked package falls under."""

    package: Locked
    id: str
    summary: str
    severity: str
    """As the advisory words it ("HIGH", a CVSS vector); "" where it does not."""
    fixed: str
    """The smallest version above the locked one that is fixed; "" where there is none."""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matches:
    """What a snapshot says about packages."""

    found: tuple[Advisory, ...]
    unclear: tuple[str, ...]
    """Of each advisory that is not understood for a package: which, and why."""


def read_snapshot(data: bytes, *, today: date, max_age_days: int) -> Snapshot:
    """A snapshot that can be relied upon.

    Raises `CouldNotCheckError` where it is not readable, is of another format, holds another
    number of records than it says, is too old or from the future, or where one of its canaries
    (a package and version that must be found, with the advisory's id) is not found.
    """
    try:
        document = json.loads(data)
        version = document["schema_version"]
        created = datetime.fromisoformat(document["created"])
        records, count = document["records"], document["record_count"]
        canaries, source = document["canaries"], str(document["source"])
        if version != SCHEMA_VERSION:
            raise ValueError(f"schema_version is {version!r}, not {SCHEMA_VERSION}")
        if not isinstance(records, list) or len(records) != count or not records:
            raise ValueError(f"it says record_count {count!r} and holds {len(records)} records")
        if not isinstance(canaries, list) or not canaries:
            raise ValueError("it has no canaries")
        if created.tzinfo is None:
            created = created.replace(tzinfo=UTC)
        by_package: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for record in records:
            entries = record.get("affected") or ()
            packages = [each["package"] for each in entries if each.get("package") is not None]
            for key in {package_key(package) for package in packages}:
                by_package.setdefault(key, []).append(record)
        vouched = frozenset(str(canary["ecosystem"]) for canary in canaries)
        snapshot = Snapshot(created, source, len(records), by_package, vouched)
        for canary in canaries:
            probe = Locked(canary["ecosystem"], canary["name"], canary["version"], 0)
            if canary["id"] not in {each.id for each in match(snapshot, [probe]).found}:
                raise ValueError(f"its canary {canary['id']} is not found")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CouldNotCheckError(f"the advisory snapshot cannot be relied upon: {error}") from error
    age = (today - created.astimezone(UTC).date()).days
    if age > max_age_days:
        raise CouldNotCheckError(
            f"the advisory snapshot is {age} days old, and at most {max_age_days} are allowed"
        )
    if age < -1:
        raise CouldNotCheckError(f"the advisory snapshot is of {created.date()}, in the future")
    return snapshot


def _ecosystem(name: str) -> Ecosystem | None:
    from gates.toolchains.languages import ECOSYSTEMS

    return ECOSYSTEMS.get(name)


def match(snapshot: Snapshot, packages: Sequence[Locked]) -> Matches:
    """Every advisory that one of the packages falls under, withdrawn ones left out."""
    found: list[Advisory] = []
    unclear: list[str] = []
    for package in packages:
        if (ecosystem := _ecosystem(package.ecosystem)) is None:
            raise ValueError(f"unknown ecosystem {package.ecosystem}")
        name = ecosystem.normalize(package.name)
        for record in snapshot.by_package.get((ecosystem.name.casefold(), name), ()):
            id_ = str(record.get("id") or "an advisory without an id")[:80]
            try:
                if is_affected(record, ecosystem, name, package.version, now=snapshot.created):
                    found.append(_advisory(record, id_, package, ecosystem))
            except NotUnderstoodError as error:
                unclear.append(f"{package.name} {package.version} and {id_}: {error}")
    return Matches(tuple(found), tuple(unclear))


def _advisory(
    record: Mapping[str, Any], id_: str, package: Locked, ecosystem: Ecosystem
) -> Advisory:
    summary = str(record.get("summary") or record.get("details") or "").strip()[:300]
    aliases = record.get("aliases")
    return Advisory(
        package,
        id_,
        summary,
        _severity(record),
        _fixed(record, package, ecosystem),
        tuple(str(alias) for alias in aliases) if isinstance(aliases, list) else (),
    )


def _fixed(record: Mapping[str, Any], package: Locked, ecosystem: Ecosystem) -> str:
    version = ecosystem.parse_version(package.version)
    best: tuple[str, Ordered] | None = None
    for entry in entries_of(record, ecosystem, ecosystem.normalize(package.name)):
        for text, fix in fixed_versions(entry, ecosystem):
            if version < fix and (best is None or fix < best[1]):
                best = (text, fix)
    return best[0] if best is not None else ""


def _severity(record: Mapping[str, Any]) -> str:
    try:
        worded = (record.get("database_specific") or {}).get("severity")
        return worded if isinstance(worded, str) else str(record["severity"][0]["score"])
    except (AttributeError, KeyError, IndexError, TypeError):
        return ""  # a word for people, which decides nothing
