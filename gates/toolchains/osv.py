"""Whether a version of a package falls under a record in the OSV format. Pure.

Source: the OSV schema 1.7, "affected fields" and "Evaluation" (ossf.github.io/osv-schema). A record
that breaks the schema where it matters, or needs what nobody has here, is not understood: that is
never "not affected".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from gates.records import dataclass
from gates.toolchains.ecosystem import Ecosystem, Ordered

_KINDS = {"introduced", "fixed", "last_affected", "limit"}


class NotUnderstoodError(ValueError):
    """A record does not say, in a form that is known, whether a version is affected."""


@dataclass(frozen=True)
class Event:
    """One event of a range."""

    kind: str
    text: str
    version: Ordered | None
    """None for the limit "*"."""


def is_affected(
    record: Mapping[str, Any], ecosystem: Ecosystem, name: str, version: str, *, now: datetime
) -> bool:
    """Whether the record holds for this version of the package.

    What one entry says for certain counts, whatever the others say; otherwise raises
    `NotUnderstoodError` for an entry that is not understood.
    """
    if _is_withdrawn(record, now):
        return False
    if str(record.get("schema_version", "1")).partition(".")[0] != "1":
        raise NotUnderstoodError(f"it is of OSV schema {str(record['schema_version'])[:20]!r}")
    try:
        wanted = ecosystem.parse_version(version)
    except ValueError as error:
        raise NotUnderstoodError(f"{version[:80]!r} is no version of {ecosystem.name}") from error
    doubt: NotUnderstoodError | None = None
    for entry in entries_of(record, ecosystem, name):
        try:
            if entry["package"]["ecosystem"] != ecosystem.name:
                raise NotUnderstoodError(f"its ecosystem is {entry['package']['ecosystem']!r}")
            if _in_versions(entry, ecosystem, version) or _in_ranges(entry, ecosystem, wanted):
                return True
        except NotUnderstoodError as error:
            doubt = error
    if doubt is not None:
        raise doubt
    return False


def entries_of(
    record: Mapping[str, Any], ecosystem: Ecosystem, name: str
) -> Iterator[Mapping[str, Any]]:
    """The entries of `affected` that are about a package, however they spell its ecosystem."""
    for entry in record.get("affected") or ():
        package = entry.get("package")
        if package is not None and package_key(package) == (ecosystem.name.casefold(), name):
            yield entry


def package_key(package: Mapping[str, Any]) -> tuple[str, str]:
    """What the entries of one package have in common: ecosystem and name in a normal form."""
    from gates.toolchains.languages import ECOSYSTEMS

    base = str(package["ecosystem"]).partition(":")[0].strip().casefold()
    known = {each.name.casefold(): each for each in ECOSYSTEMS.values()}.get(base)
    name = str(package["name"])
    return base, known.normalize(name) if known is not None else name


def fixed_versions(entry: Mapping[str, Any], ecosystem: Ecosystem) -> Iterator[tuple[str, Ordered]]:
    """The versions that a package is fixed in, as far as they are understood."""
    ranges = entry.get("ranges")
    for each in ranges if isinstance(ranges, list) else ():
        try:
            events = _events(each, ecosystem)
        except NotUnderstoodError:
            continue
        for event in events:
            if event.kind == "fixed" and event.version is not None:
                yield event.text, event.version


def _is_withdrawn(record: Mapping[str, Any], now: datetime) -> bool:
    text = record.get("withdrawn")
    if text is None:
        return False
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise NotUnderstoodError(f"it is withdrawn on {str(text)[:40]!r}, no moment") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now


def _list(entry: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = entry.get(key)
    if value is not None and not isinstance(value, list):
        raise NotUnderstoodError(f"its {key} are no list")
    return value or ()


def _in_versions(entry: Mapping[str, Any], ecosystem: Ecosystem, version: str) -> bool:
    wanted = ecosystem.parse_version(version)
    for text in _list(entry, "versions"):
        if not isinstance(text, str):
            raise NotUnderstoodError("one of its versions is no text")
        if text == version:
            return True
        try:
            listed = ecosystem.parse_version(text)
        except ValueError:
            continue  # old registries hold versions that no longer count as ones
        if not (listed < wanted or wanted < listed):
            return True
    return False


def _in_ranges(entry: Mapping[str, Any], ecosystem: Ecosystem, version: Ordered) -> bool:
    ranges = _list(entry, "ranges")
    types = [each.get("type") if isinstance(each, dict) else None for each in ranges]
    if not entry.get("versions") and not any(each != "GIT" for each in types):
        raise NotUnderstoodError(
            "it has neither versions nor ranges of versions" + (", only of commits" * bool(types))
        )
    doubt: NotUnderstoodError | None = None
    for each, kind in zip(ranges, types, strict=True):
        try:
            if kind != "GIT" and _inside(_events(each, ecosystem), version):
                return True
        except NotUnderstoodError as error:
            doubt = error
    if doubt is not None:
        raise doubt
    return False


def _events(each: object, ecosystem: Ecosystem) -> list[Event]:
    if not isinstance(each, dict) or str(each.get("type")) not in ecosystem.range_types:
        raise NotUnderstoodError("one of its ranges has a type that its ecosystem has not")
    parse, found = ecosystem.range_types[str(each["type"])], []
    for event in _list(each, "events"):
        if not isinstance(event, dict) or len(event) != 1 or not event.keys() <= _KINDS:
            raise NotUnderstoodError("one of its events is not one of those that the schema has")
        ((kind, text),) = event.items()
        try:
            version = None if (kind, text) == ("limit", "*") else parse(text)
        except (ValueError, TypeError, AttributeError) as error:
            raise NotUnderstoodError(f"its {kind} {str(text)[:80]!r} is no version") from error
        found.append(Event(kind, text, version))
    if not any(event.kind == "introduced" for event in found):
        raise NotUnderstoodError("one of its ranges does not say where it begins")
    return found


def _inside(events: Sequence[Event], version: Ordered) -> bool:
    limits = [event.version for event in events if event.kind == "limit"]
    if limits and not any(limit is None or version < limit for limit in limits):
        return False
    listed = [
        _Point(event.version, event.kind)
        for event in events
        if event.version is not None and event.kind != "limit"
    ]
    ordered = sorted(listed)
    if ordered != listed and any(
        {one.kind, two.kind} == {"introduced", "fixed"} and not (one < two or two < one)
        for one, two in pairwise(ordered)
    ):
        raise NotUnderstoodError("one of its versions is fixed and affected, in no order")
    inside = False
    for point in ordered:
        if point.kind == "introduced" and not version < point.version:
            inside = True
        elif (point.kind == "fixed" and not version < point.version) or (
            point.kind == "last_affected" and point.version < version
        ):
            inside = False
    return inside


@dataclass(frozen=True)
class _Point:
    version: Ordered
    kind: str

    def __lt__(self, other: _Point) -> bool:
        """By version; what was last affected there was first introduced."""
        if self.version < other.version or other.version < self.version:
            return self.version < other.version
        return self.kind != "last_affected" and other.kind == "last_affected"
