"""Matches locked packages with a snapshot of advisories in the OSV format. Pure.

Source of the rules: the OSV schema, "affected.ranges.events" and "Evaluation"
(ossf.github.io/osv-schema): a version is affected where `versions` lists it, or where it lies at
or after an `introduced` and neither at or after the next `fixed` or `limit` nor after
`last_affected`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from gates.errors import CouldNotCheckError
from gates.toolchains.ecosystem import Ecosystem, Ordered
from gates.toolchains.locks import Locked

SCHEMA_VERSION = 1
HINT = "configure an offline snapshot: [advisories] snapshot in gates-policy.toml"
"""What helps where a registry's own service did not answer."""


@dataclass(frozen=True)
class Snapshot:
    """Advisories of one day, by ecosystem and package."""

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
            names = {
                (str(each["package"]["ecosystem"]), str(each["package"]["name"]))
                for each in record["affected"]
                if "package" in each
            }
            for ecosystem, name in names:
                by_package.setdefault((ecosystem, normalize(ecosystem, name)), []).append(record)
        vouched = frozenset(str(canary["ecosystem"]) for canary in canaries)
        snapshot = Snapshot(created, source, len(records), by_package, vouched)
        for canary in canaries:
            probe = Locked(canary["ecosystem"], canary["name"], canary["version"], 0)
            if canary["id"] not in {found.id for found in match(snapshot, [probe])}:
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


def normalize(ecosystem: str, name: str) -> str:
    """A package's name in the form in which names are compared; of others than ours, as it is."""
    known = _ecosystem(ecosystem)
    return known.normalize(name) if known is not None else name


def match(snapshot: Snapshot, packages: Sequence[Locked]) -> Iterator[Advisory]:
    """Every advisory that one of the packages falls under, withdrawn ones left out.

    Raises `ValueError` for a version that its ecosystem does not have.
    """
    for package in packages:
        if (ecosystem := _ecosystem(package.ecosystem)) is None:
            raise ValueError(f"unknown ecosystem {package.ecosystem}")
        name = normalize(package.ecosystem, package.name)
        for record in snapshot.by_package.get((package.ecosystem, name), ()):
            if record.get("withdrawn"):
                continue
            parts = [
                each
                for each in record["affected"]
                if each.get("package", {}).get("ecosystem") == package.ecosystem
                and normalize(package.ecosystem, each["package"]["name"]) == name
            ]
            if any(_affected(part, package, ecosystem) for part in parts):
                yield Advisory(
                    package,
                    str(record["id"]),
                    str(record.get("summary") or record.get("details") or "").strip()[:300],
                    _severity(record),
                    _fixed(parts, package, ecosystem),
                    tuple(str(alias) for alias in record.get("aliases") or ()),
                )


def _affected(part: Mapping[str, Any], package: Locked, ecosystem: Ecosystem) -> bool:
    order = ecosystem.parse_version
    version = order(package.version)
    for text in part.get("versions") or ():
        if text == package.version:
            return True
        try:
            if not (order(text) < version or version < order(text)):
                return True
        except ValueError:
            continue  # old registries hold versions that no longer count as ones
    return any(
        _inside(version, each["events"], order)
        for each in part.get("ranges") or ()
        if each["type"] == ecosystem.range_type
    )


def _inside(
    version: Ordered, events: Sequence[Mapping[str, str]], order: Callable[[str], Ordered]
) -> bool:
    inside = False
    points = [(order(text), kind) for event in events for kind, text in event.items()]
    # Of two events at one version, the end comes before the next beginning.
    for point, kind in sorted(points, key=lambda each: (_Key(each[0]), each[1] == "introduced")):
        if kind == "introduced" and not version < point:
            inside = True
        elif (kind in ("fixed", "limit") and not version < point) or (
            kind == "last_affected" and point < version
        ):
            inside = False
    return inside


@dataclass(frozen=True)
class _Key:
    value: Ordered

    def __lt__(self, other: _Key) -> bool:
        return self.value < other.value


def _fixed(parts: Sequence[Mapping[str, Any]], package: Locked, ecosystem: Ecosystem) -> str:
    order = ecosystem.parse_version
    version = order(package.version)
    fixes = [
        event["fixed"]
        for part in parts
        for each in part.get("ranges") or ()
        if each["type"] == ecosystem.range_type
        for event in each["events"]
        if "fixed" in event and version < order(event["fixed"])
    ]
    return min(fixes, key=lambda text: _Key(order(text)), default="")


def _severity(record: Mapping[str, Any]) -> str:
    worded = (record.get("database_specific") or {}).get("severity")
    if isinstance(worded, str):
        return worded
    scores = record.get("severity") or ()
    return str(scores[0].get("score", "")) if scores else ""
