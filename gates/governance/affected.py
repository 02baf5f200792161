"""Who holds a version, and the nearest good version for each. Pure but for what it asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from gates.catalog.model import Holding, ReleasedVersion
from gates.catalog.resolve import Dependency, read_dependency
from gates.catalog.standing import is_installed
from gates.catalog.versions import Precedence, parse, satisfying
from gates.records import dataclass


class Source(Protocol):
    """A catalog, as far as this goes."""

    def versions(self, slug: str) -> Sequence[ReleasedVersion]:
        """Every released version of a module, newest first."""

    def holdings(self, slug: str, version: str) -> Sequence[Holding]:
        """All that those tenants have who have a version."""

    def dependants(self, slug: str) -> Sequence[tuple[str, str, Mapping[str, Any]]]:
        """Slug, version and manifest of each released version that depends on a module."""


@dataclass(frozen=True)
class Tenant:
    """A tenant that holds the version."""

    tenant: str
    state: str
    told: bool
    """Whether it was given a notice about the version."""
    seen: bool
    """Whether it has looked at each of them."""
    nearest: str
    """The nearest good version that every other module of the tenant takes; "" for none."""


@dataclass(frozen=True)
class Dependant:
    """A released version of another module whose range takes the version."""

    slug: str
    version: str
    range: str
    optional: bool
    nearest: str
    """The nearest good version that the range takes; "" for none."""


@dataclass(frozen=True)
class Affected:
    """Who has to do with a version."""

    slug: str
    version: str
    tenants: tuple[Tenant, ...]
    dependants: tuple[Dependant, ...]


def find_affected(source: Source, slug: str, version: str, today: date) -> Affected:
    """The tenants that hold a version, and the released versions that could get it.

    Raises `CatalogUnavailableError` where the catalog cannot be asked.
    """
    good = nearest_first(
        (
            each.version
            for each in source.versions(slug)
            if each.version != version and is_installed(each, today)
        ),
        version,
    )
    naming = [
        (other, at, entry)
        for other, at, manifest in source.dependants(slug)
        if (entry := dependency_on(slug, manifest)) is not None
    ]
    takers = tuple(
        Dependant(other, at, entry.range or "", entry.optional, nearest(good, [entry]))
        for other, at, entry in naming
        if takes(entry, version)
    )
    ranges = {(other, at): entry for other, at, entry in naming}
    holdings = sorted(source.holdings(slug, version), key=lambda each: each.tenant)
    tenants = []
    for tenant, group in groupby(holdings, key=lambda each: each.tenant):
        held = list(group)
        own = next(each for each in held if (each.slug, each.version) == (slug, version))
        asked = [ranges[at] for each in held if (at := (each.slug, each.version)) in ranges]
        tenants.append(
            Tenant(tenant, own.state, own.told > 0, own.unseen == 0, nearest(good, asked))
        )
    return Affected(slug, version, tuple(tenants), takers)


def dependency_on(slug: str, manifest: Mapping[str, Any]) -> Dependency | None:
    """What a manifest says of a module that it depends on, or None."""
    listed = manifest.get("dependencies")
    read = (read_dependency(each) for each in (listed if isinstance(listed, list) else ()))
    return next((each for each in read if each and each.slug == slug), None)


def takes(entry: Dependency, version: str) -> bool:
    """Whether a dependency accepts a version."""
    return entry.range is None or bool(satisfying([version], entry.range))


def nearest_first(good: Iterable[str], version: str) -> list[str]:
    """The good versions in the order of the way to go from a version; none for what is no version.

    First those that keep the major version and are above, the newest first, then those below of
    the same major version, then later ones, the lowest first, then the newest of an earlier one.
    Pre-releases only where nothing else is left, or the version is one.
    """
    own, at = parse(version), Precedence(version)
    if own is None:
        return []
    ways: dict[tuple[bool, int], list[str]] = {}
    for each in sorted(good, key=Precedence, reverse=True):
        read = parse(each)
        if read is None:
            ways.setdefault((True, 4), []).append(each)
            continue
        same, above = read.major == own.major, at < Precedence(each)
        order = (0 if above else 1) if same else 2 if above else 3
        ways.setdefault((bool(read.prerelease) and not own.prerelease, order), []).append(each)
    return [
        each for way in sorted(ways) for each in (reversed(ways[way]) if way[1] == 2 else ways[way])
    ]


def nearest(ordered: Iterable[str], asked: Sequence[Dependency]) -> str:
    """The first of these versions that all these dependencies take; "" for none."""
    return next((each for each in ordered if all(takes(entry, each) for entry in asked)), "")
