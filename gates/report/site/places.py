"""Where the pages of the site lie, and what is the same on all of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree.ElementTree import Element

from gates.report.html.document import document
from gates.report.html.element import contents, element

if TYPE_CHECKING:
    from gates.catalog.verify import Verified

INDEX = "index.html"
MARKER = "catalog.json"
"""The file that tells a folder with a site from any other."""


def module_place(slug: str) -> str:
    """The path of a module's page below the folder of the site."""
    return f"modules/{file_name(slug)}/index.html"


def version_place(slug: str, version: str) -> str:
    """The path of a version's page below the folder of the site."""
    return f"modules/{file_name(slug)}/{file_name(version)}.html"


def file_name(text: str) -> str:
    """A name that stays in its folder, whatever the text."""
    name = quote(text, safe="", errors="surrogatepass")
    return name if name.strip(".") else name.replace(".", "%2E") or "%"


def link(text: str, place: str, *, up: int = 0) -> Element:
    """A link to a page of the site, from one that lies `up` folders below its top."""
    return element("a", text, href="../" * up + quote(place))


def standing(found: Verified) -> Element:
    """Whether what the catalog says of a version is proved."""
    if found.all_reasons:
        return element("span", "not proved", class_="verdict fail")
    return element("span", "proved", class_="verdict pass")


def page(
    title: str, *sections: Element | None, banner: Element, made: str, above: Element | None = None
) -> str:
    """A page of the site. `above` leads to the page that this one belongs to."""
    shown = [each for each in sections if each is not None]
    return document(
        title,
        element("header", element("p", above) if above is not None else None, banner),
        contents(shown),
        element("main", *shown, id="page", tabindex="-1"),
        element(
            "footer",
            element("p", f"The catalog as it was at {made}, when every signature was verified."),
        ),
        skip_to="page",
    )
