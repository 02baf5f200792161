"""What a module's dependencies come to in a catalog: the version that a tenant would get, and
modules that need each other. Pure but for the questions that it asks the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from gates.catalog.matrix import platform_range, runs_on
from gates.catalog.standing import Withdrawable, is_installed, is_served
from gates.catalog.versions import parse, satisfying
from gates.records import dataclass


class Known(Withdrawable, Protocol):
    """A released version, as far as resolving goes."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Its manifest."""


class VersionSource(Protocol):
    """A catalog, as far as resolving goes."""

    def versions(self, slug: str) -> Sequence[Known]:
        """Every released version of a module, newest first."""


@dataclass(frozen=True)
class Dependency:
    """One dependency as a manifest writes it."""

    slug: str
    range: str | None
    """In npm's syntax; None takes every version."""
    optional: bool


def read_dependency(entry: object) -> Dependency | None:
    """A dependency; None for what is none."""
    if isinstance(entry, str):
        return Dependency(entry, None, optional=False)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("slug"), str):
        return None
    text = entry.get("version")
    return Dependency(
        entry["slug"], text if isinstance(text, str) else None, entry.get("optional") is True
    )


def matching_versions(versions: Sequence[Known], range_: str | None, today: date) -> list[Known]:
    """The versions that a range accepts and that are still installed, newest first; without a range
    stable ones before pre-releases.

    A range that is one version pins it: that goes on under a yank, and after a sunset.
    """
    pins = range_ is not None and parse(range_.strip().lstrip("=v")) is not None
    offered = [each for each in versions if is_installed(each, today) or (pins and is_served(each))]
    return accepted(offered, range_)


def accepted(versions: Sequence[Known], range_: str | None) -> list[Known]:
    """The versions that a range accepts, whatever stands against them, in the same order."""
    if range_ is not None:
        names = satisfying([each.version for each in versions], range_)
        by_name = {each.version: each for each in versions}
        return [by_name[name] for name in names]
    return sorted(versions, key=lambda each: _prerelease(each.version))


def _prerelease(version: str) -> bool:
    parsed = parse(version)
    return parsed is None or bool(parsed.prerelease)


def on_platform(versions: Sequence[Known], platform: str | None) -> list[Known]:
    """Those that run on a platform version; one that does not say counts as running, and all of
    them do where no platform is known."""
    return [
        each
        for each in versions
        if platform is None
        or platform_range(each.manifest) is None
        or runs_on(each.manifest, platform)
    ]


def find_cycle(
    source: VersionSource, start: str, first: Dependency, platform: str | None, today: date
) -> tuple[str, ...] | None:
    """The way from `start` over `first` back to `start`, by the newest versions that fit, along
    dependencies that must be there; None where there is none."""
    seen: set[str] = set()

    def walk(at: Dependency, way: tuple[str, ...]) -> tuple[str, ...] | None:
        if at.slug == start:
            return (*way, start)
        if at.slug in seen:
            return None
        seen.add(at.slug)
        for each in _needs(source, at, platform, today):
            found = walk(each, (*way, at.slug))
            if found is not None:
                return found
        return None

    return None if first.optional else walk(first, (start,))


def _needs(
    source: VersionSource, at: Dependency, platform: str | None, today: date
) -> Iterator[Dependency]:
    versions = on_platform(matching_versions(source.versions(at.slug), at.range, today), platform)
    listed = versions[0].manifest.get("dependencies") if versions else None
    for entry in listed if isinstance(listed, list) else ():
        found = read_dependency(entry)
        if found is not None and not found.optional:
            yield found
