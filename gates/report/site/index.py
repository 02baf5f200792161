"""The first page of the site: every module. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gates.report.html.element import Child, element, fact, section, table
from gates.report.site.places import link, module_place, page, standing, version_place
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.report.site import ModuleOnSite


def index(modules: Sequence[ModuleOnSite], made: str) -> str:
    """The page with a line for each module, and first those of which something is not proved."""
    versions = sum(len(each.page.versions) for each in modules)
    doubtful = [
        (row.slug, row.version, found)
        for each in modules
        for row in each.page.versions
        if (found := each.verified[row.version]).all_reasons
    ]
    kind = "fail" if doubtful else "pass"
    said = f"{len(doubtful)} of {plural(versions, 'version')} not proved"
    banner = element(
        "div",
        element("h1", "Catalog of modules"),
        element("p", said if doubtful else "every version is proved", class_=f"verdict {kind}"),
        element(
            "dl",
            fact("modules", f"{len(modules):,}"),
            fact("versions", f"{versions:,}"),
            class_="facts",
        ),
        class_=f"banner {kind}",
    )
    rows: list[tuple[Child, ...]] = [_row(each) for each in modules]
    heads = ("module", "newest", "maturity", "versions", "released", "evidence")
    doubts: list[tuple[Child, ...]] = [
        (
            link(f"{slug} {version}", version_place(slug, version)),
            "; ".join(found.all_reasons[:3]),
        )
        for slug, version, found in doubtful
    ]
    return page(
        "Catalog of modules",
        section(
            "doubts", "Not proved", table("Versions not to rely on", ("version", "why"), doubts)
        )
        if doubts
        else None,
        section("modules", "Modules", table("Every module, by name", heads, rows)),
        banner=banner,
        made=made,
    )


def _row(each: ModuleOnSite) -> tuple[Child, ...]:
    module = each.page.module
    name = element("span", link(module.slug, module_place(module.slug)), f" {module.name}")
    newest = next(iter(each.page.versions), None)
    if newest is None:
        return (name, "none", module.maturity_status, "0", "", "")
    return (
        name,
        link(newest.version, version_place(module.slug, newest.version)),
        module.maturity_status,
        f"{len(each.page.versions)}",
        newest.released_at,
        standing(each.verified[newest.version]),
    )
