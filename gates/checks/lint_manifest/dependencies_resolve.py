"""Every module that this one needs is in the catalog, in a version that fits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gates.catalog import Catalog
from gates.catalog.resolve import (
    Dependency,
    accepted,
    find_cycle,
    matching_versions,
    on_platform,
    read_dependency,
)
from gates.catalog.standing import describe
from gates.catalog.versions import valid_range
from gates.check import check
from gates.model import Finding, Level, Location, Stage
from gates.module import Module
from gates.settings import Policy


@check(Stage.LINT_MANIFEST)
def dependencies_resolve(
    module: Module, catalog: Catalog, policy: Policy, today: date
) -> Iterator[Finding]:
    """Every module that this one needs is in the catalog, in a version that fits.

    Ranges are in npm's syntax (`^1.2`, `>=1 <3`, `1.x || 2.x`), pre-releases as npm takes them: one
    fits only where the range names a pre-release of the same version. The version must run on the
    platform_version of the policy, where it names one. What a tenant would get is shown as a note.
    A version that was yanked, rolled back or is past its sunset fits only a range that is that very
    version, one in quarantine or revoked fits none; a sunset to come is a warning.
    A module that is DEPRECATED is a warning, one that is RETIRED fails; what is optional never
    fails for not being there. Modules that need each other, directly or over others, fail, with the
    way around.

    Why: a tenant who switches the module on must get the modules that it needs.
    Bad: `"dependencies": [{"slug": "contacts", "version": "^2.0.0"}]`, and the newest contacts in
    the catalog is 1.4.2.
    Good: the range is `^1.4.0`, or the dependency has `"optional": true`.
    Fix: correct the slug or the range, release the dependency first, or make it optional.
    """
    # The version of the built-in standard is nobody's platform.
    platform = policy.platform_version if "platform_version" in policy.sources else None
    listed = module.require_manifest().get("dependencies")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        found = read_dependency(entry)
        if found is not None:
            yield from _resolve(module, catalog, platform, found, index, today)


def _places(module: Module, index: int, found: Dependency) -> tuple[Location, Location]:
    """Where the slug and the range stand."""
    manifest = module.require_manifest()
    key = "version" if found.range is not None else "slug"
    return manifest.at("dependencies", index, "slug"), manifest.at("dependencies", index, key)


def _resolve(
    module: Module,
    catalog: Catalog,
    platform: str | None,
    found: Dependency,
    index: int,
    today: date,
) -> Iterator[Finding]:
    finding = dependencies_resolve.finding
    at, range_at = _places(module, index, found)
    if found.slug == module.slug:
        yield finding("a module cannot depend on itself", at, fix="remove the entry")
        return
    if found.range is not None and not valid_range(found.range):
        yield finding(
            f"{found.range!r} is no range of versions in npm's syntax",
            range_at,
            fix='write a range such as "^1.2.0" or ">=1.2 <3"',
        )
        return
    row = catalog.module(found.slug)
    if row is None or not row.versions:
        if not found.optional:
            yield finding(
                f"there is no module {found.slug!r} in the catalog",
                at,
                fix='correct the slug, release that module first, or add "optional": true',
            )
        return
    level = Level.WARNING if found.optional else Level.ERROR
    if row.maturity_status == "RETIRED":
        yield finding(f"{found.slug} is RETIRED", at, level=level, fix="remove the dependency")
    elif row.maturity_status == "DEPRECATED":
        yield finding(
            f"{found.slug} is DEPRECATED and will be retired",
            at,
            level=Level.WARNING,
            fix="plan for its replacement",
        )
    versions = catalog.versions(found.slug)
    fit = matching_versions(versions, found.range, today)
    running = on_platform(fit, platform)
    if not fit and (gone := accepted(versions, found.range)):
        said = ", ".join(f"{each.version} ({describe(each)})" for each in gone[:5])
        yield finding(
            f"every version of {found.slug} that fits was withdrawn: {said}",
            range_at,
            level=level,
            fix="a range that takes a good version: `gates catalog affected` names the nearest",
        )
    elif not fit:
        newest = versions[0].version
        yield finding(
            f"no version of {found.slug} fits {found.range!r}; the newest is {newest}",
            range_at,
            level=level,
            fix=f'a range that takes {newest}, such as "^{newest}"',
        )
    elif not running:
        yield finding(
            f"no version of {found.slug} that fits runs on platform {platform}; the newest that"
            f" fits is {fit[0].version}",
            range_at,
            level=level,
            fix=f"release a {found.slug} for platform {platform}, or correct the range",
        )
    else:
        if said := describe(running[0]):
            yield finding(
                f"{found.slug} {running[0].version}, the newest that fits, is {said}",
                range_at,
                level=Level.WARNING,
                fix="plan for a version that stays",
            )
        yield finding(
            f"{found.slug} {running[0].version} is the newest that fits", at, level=Level.NOTE
        )
        way = find_cycle(catalog, module.slug, found, platform, today)
        if way is not None:
            yield finding(
                f"modules that need each other cannot be switched on: {' -> '.join(way)}",
                at,
                fix='add "optional": true to one of these dependencies',
            )
