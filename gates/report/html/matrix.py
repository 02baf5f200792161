"""The compatibility matrix as one HTML file, in the style of the report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.report.escaping import cut
from gates.report.html.document import document
from gates.report.html.element import Child, element, section, table

if TYPE_CHECKING:
    from gates.catalog.matrix import Matrix


def render(found: Matrix, current: str) -> str:
    """The page. The platform's own version is named in the head of its column."""
    title = cut(f"{found.slug}: compatibility", 200)
    heads = ("version", "maturity", *(_head(each, current) for each in found.platforms), "standing")
    rows: list[tuple[Child, ...]] = [
        (
            each.version,
            each.maturity,
            *(
                element("span", "yes" if runs else "no", class_="verdict pass" if runs else "more")
                for runs in each.runs
            ),
            each.standing or "good",
        )
        for each in found.rows
    ]
    caption = "Which versions of the module run on which versions of the platform"
    return document(
        title,
        element("header", element("h1", title)),
        element(
            "main",
            section("matrix", "Versions", table(caption, heads, rows)),
            id="matrix-page",
            tabindex="-1",
        ),
        skip_to="matrix-page",
    )


def _head(platform: str, current: str) -> str:
    return f"{platform} (now)" if platform == current else platform
