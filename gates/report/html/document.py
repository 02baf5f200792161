"""The frame of every page: one style sheet inside, and a policy that lets nothing else in. Pure."""

from __future__ import annotations

from gates.report.html.element import Child, element, markup
from gates.report.html.style import STYLE, policy


def document(title: str, *body: Child, skip_to: str, refresh: int = 0) -> str:
    """A whole page. `skip_to` is the id of its main part, for those who read by keyboard; with
    `refresh` the page is loaded again after as many seconds."""
    root = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", **{"http-equiv": "Content-Security-Policy", "content": policy()}),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="referrer", content="no-referrer"),
            element("meta", **{"http-equiv": "refresh", "content": str(refresh)})
            if refresh
            else None,
            element("title", title),
            element("style", STYLE),
        ),
        element(
            "body",
            element("a", f"Skip to the {skip_to}", href=f"#{skip_to}", class_="skip"),
            *body,
        ),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{markup(root)}\n"
