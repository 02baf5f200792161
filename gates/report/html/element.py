"""Elements of a page, by the standard library's own serializer: it is what escapes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from gates.report.escaping import safe

SHORT = 16
"""Characters of a cell that is not broken over lines."""

Child = Element | str | None


def element(name: str, /, *children: Child, **attributes: str) -> Element:
    """An element. Text is made safe; None is left out; `class_` and `aria_label` are written
    `class` and `aria-label`."""
    made = Element(name)
    for key, value in attributes.items():
        made.set(key.rstrip("_").replace("_", "-"), safe(value))
    last: Element | None = None
    for child in children:
        if isinstance(child, str):
            text = safe(child)
            if last is None:
                made.text = (made.text or "") + text
            else:
                last.tail = (last.tail or "") + text
        elif child is not None:
            made.append(child)
            last = child
    return made


def markup(root: Element) -> str:
    """An element as HTML."""
    return tostring(root, "unicode", method="html")


def table(caption: str, heads: tuple[str, ...], rows: list[tuple[Child, ...]]) -> Element:
    """A table whose first column names the row. On a narrow screen each row becomes a card, with
    the heads beside the values, so every cell carries its head."""
    body = [
        element(
            "tr",
            element("th", first, scope="row"),
            *(
                element("td", cell, **{"data-label": head}, **_short(cell))
                for head, cell in zip(heads[1:], rest, strict=True)
            ),
        )
        for first, *rest in rows
    ]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *(element("th", each, scope="col") for each in heads))),
        element("tbody", *body),
    )


def _short(cell: Child) -> dict[str, str]:
    return {"class": "short"} if isinstance(cell, str) and len(cell) <= SHORT else {}


def section(name: str, title: str, *children: Child) -> Element:
    """A part of the page with a heading that links and readers can name."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *children, id=name, aria_labelledby=f"{name}-title")


def contents(sections: Iterable[Element]) -> Element:
    """Links to the sections of a page."""
    links = [
        element("li", element("a", each[0].text or "", href=f"#{each.get('id')}"))
        for each in sections
    ]
    return element("nav", element("ul", *links), aria_label="Contents")


def fact(name: str, value: Child) -> Element:
    """A name and its value, for a list of facts (`dl`)."""
    return element("div", element("dt", name), element("dd", value))


def code(text: str) -> Element:
    """A name, a path or a digest."""
    return element("code", text)


def bar(share: float, kind: str) -> Element:
    """A bar of `share` (0 to 1) of its width. It repeats a number that stands beside it."""
    width = f"{max(0.0, min(1.0, share)) * 100:.1f}"
    return element(
        "svg",
        element("rect", class_="track", width="100", height="8", rx="2"),
        element("rect", class_=kind, width=width, height="8", rx="2"),
        class_="bar",
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )
