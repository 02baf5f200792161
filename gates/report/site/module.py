"""A module's page: its versions, where they run, and who needs it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.catalog.matrix import matrix
from gates.catalog.standing import describe
from gates.report.html.element import Child, element, fact, section, table
from gates.report.site.places import INDEX, link, page, standing, version_place

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from gates.report.site import ModuleOnSite

UP = 2
"""Folders between this page and the top of the site."""


def module(shown: ModuleOnSite, platform: str, made: str) -> str:
    """The page of one module."""
    row = shown.page.module
    newest = next(iter(shown.page.versions), None)
    doubts = any(each.all_reasons for each in shown.verified.values())
    kind = "fail" if doubts else "pass"
    said = "not every version is proved" if doubts else "every version is proved"
    banner = element(
        "div",
        element("h1", row.name or row.slug),
        element("p", said, class_=f"verdict {kind}"),
        element("p", row.description),
        element(
            "dl",
            fact("module", row.slug),
            fact("category", row.category),
            fact("maturity", row.maturity_status),
            fact("newest", newest.version if newest else "none"),
            class_="facts",
        ),
        class_=f"banner {kind}",
    )
    return page(
        f"{row.slug}: catalog",
        _versions(shown),
        _compatibility(shown, platform),
        _dependants(shown),
        banner=banner,
        made=made,
        above=link("Catalog of modules", INDEX, up=UP),
    )


def _versions(shown: ModuleOnSite) -> Element:
    rows: list[tuple[Child, ...]] = []
    for each in shown.page.versions:
        difference = shown.differences.get(each.version)
        rows.append(
            (
                link(each.version, version_place(each.slug, each.version), up=UP),
                each.status,
                each.released_at,
                each.released_by,
                str(difference.bump) if difference else "first",
                standing(shown.verified[each.version]),
            )
        )
    heads = ("version", "maturity", "released", "by", "declared change", "evidence")
    return section("versions", "Versions", table("Versions, newest first", heads, rows))


def _compatibility(shown: ModuleOnSite, platform: str) -> Element | None:
    versions = [
        (each.version, each.status, each.manifest, describe(each)) for each in shown.page.versions
    ]
    if not versions:
        return None
    found = matrix(shown.page.module.slug, versions, [platform] if platform else [])
    heads = tuple(f"{each} (in use)" if each == platform else each for each in found.platforms)
    rows: list[tuple[Child, ...]] = [
        (each.version, *("runs" if runs else "no" for runs in each.runs)) for each in found.rows
    ]
    caption = "Versions of the module against versions of the platform"
    return section("compatibility", "Compatibility", table(caption, ("version", *heads), rows))


def _dependants(shown: ModuleOnSite) -> Element | None:
    if not shown.dependants:
        return None
    rows: list[tuple[Child, ...]] = [
        (link(f"{slug} {version}", version_place(slug, version), up=UP), range_ or "any")
        for slug, version, range_ in shown.dependants
    ]
    caption = "Released versions of other modules that name this one"
    return section("dependants", "Needed by", table(caption, ("version", "accepts"), rows))
