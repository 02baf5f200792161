"""Every module that this one needs is in the catalog, in a version that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gates.catalog import Catalog
from gates.catalog.versions import satisfying, valid_range
from gates.check import check
from gates.model import Finding, Level, Location, Stage
from gates.module import Module


@check(Stage.LINT_MANIFEST)
def dependencies_resolve(module: Module, catalog: Catalog) -> Iterator[Finding]:
    """Every module that this one needs is in the catalog, in a version that fits.

    Why: a tenant who switches the module on must get the modules that it stands on. Ranges are in
    npm's syntax (`^1.2`, `>=1 <3`, `1.x || 2.x`), pre-releases as npm takes them.
    Bad: `"dependencies": [{"slug": "contacts", "version": "^2.0.0"}]`, and the newest contacts in
    the catalog is 1.4.2.
    Good: the range is `^1.4.0`, or the dependency has `"optional": true`.
    Fix: correct the slug or the range, release the dependency first, or make it optional.
    """
    listed = module.require_manifest().get("dependencies")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        wanted = _wanted(module, index, entry)
        if wanted is not None:
            yield from _resolve(module, catalog, wanted)


@dataclass(frozen=True)
class _Wanted:
    slug: str
    range: str | None
    optional: bool
    at: Location
    range_at: Location


def _wanted(module: Module, index: int, entry: Any) -> _Wanted | None:  # noqa: ANN401
    """One dependency; None for what the schema's own check reports."""
    manifest = module.require_manifest()
    at = manifest.at("dependencies", index)
    if isinstance(entry, str):
        return _Wanted(entry, None, False, at, at)
    if not isinstance(entry, dict) or not isinstance(entry.get("slug"), str):
        return None
    text = entry.get("version")
    return _Wanted(
        entry["slug"],
        text if isinstance(text, str) else None,
        entry.get("optional") is True,
        manifest.at("dependencies", index, "slug"),
        manifest.at("dependencies", index, "version"),
    )


def _resolve(module: Module, catalog: Catalog, wanted: _Wanted) -> Iterator[Finding]:
    finding = dependencies_resolve.finding
    if wanted.slug == module.slug:
        yield finding("a module cannot depend on itself", wanted.at, fix="remove the entry")
        return
    if wanted.range is not None and not valid_range(wanted.range):
        yield finding(
            f"{wanted.range!r} is no range of versions in npm's syntax",
            wanted.range_at,
            fix='write a range such as "^1.2.0" or ">=1.2 <3"',
        )
        return
    row = catalog.module(wanted.slug)
    if row is None or not row.versions:
        if not wanted.optional:
            yield finding(
                f"there is no module {wanted.slug!r} in the catalog",
                wanted.at,
                fix='correct the slug, release that module first, or add "optional": true',
            )
        return
    level = Level.WARNING if wanted.optional else Level.ERROR
    if row.maturity_status == "RETIRED":
        yield finding(
            f"{wanted.slug} is RETIRED", wanted.at, level=level, fix="remove the dependency"
        )
    elif row.maturity_status == "DEPRECATED":
        yield finding(
            f"{wanted.slug} is DEPRECATED and will be retired",
            wanted.at,
            level=Level.WARNING,
            fix="plan for its replacement",
        )
    versions = [each.version for each in catalog.versions(wanted.slug)]
    if wanted.range is not None and not satisfying(versions, wanted.range):
        yield finding(
            f"no version of {wanted.slug} fits {wanted.range!r}; the newest is {versions[0]}",
            wanted.range_at,
            level=level,
            fix=f'a range that takes {versions[0]}, such as "^{versions[0]}"',
        )
