"""Text of an untrusted module, made harmless for whoever reads it next. Pure."""

from __future__ import annotations

import re

from gates.lazy import pattern

BIDIRECTIONAL = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the order of others around (UAX 9), or mark where to."""
_COMMAND = pattern(r"(?m)^([ \t]*):(?=:)")
_LINE_ENDS = "\r\n\u0085\u2028\u2029\v\f\x1c\x1d\x1e"


def safe(text: str) -> str:
    """Text without what a terminal would obey and without turned order; newlines and tabs stay."""
    return "".join(each if _harmless(each) else "\N{REPLACEMENT CHARACTER}" for each in text)


def _harmless(character: str) -> bool:
    if character in BIDIRECTIONAL:
        return False
    return character in "\n\t" or character.isprintable()


def one_line(text: str) -> str:
    """Safe text on one line: each end of a line is a space."""
    return safe("".join(" " if each in _LINE_ENDS else each for each in text)).strip()


def cut(text: str, most: int) -> str:
    """At most so many characters, the last of them an ellipsis where some were left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def without_commands(text: str) -> str:
    """Safe lines of which none is a workflow command of a GitHub runner (`::error::`, `##[add]`).

    A runner obeys `::` at the start of a line, behind white space too, and `##[` anywhere.
    """
    return _COMMAND.sub(r"\1: ", text).replace("##[", "## [")


def html_text(text: str) -> str:
    """Safe text as HTML text or as the value of an attribute in quotes."""
    import html

    return html.escape(safe(text), quote=True)


def markdown_html(text: str) -> str:
    """Safe text as HTML inside a block of HTML in Markdown.

    Ends of lines are references, since an empty line ends such a block; and what GitHub would make
    a mention of a person, or a link to an issue, is parted by a character of no width.
    """
    import html

    escaped = html.escape(safe(text), quote=True).replace("\n", "&#10;").replace("\t", "    ")
    escaped = escaped.replace("@", "@&#8203;")
    return re.sub(r"(?<!&)#(?=\d)|(?i:\bgh-)(?=\d)", lambda found: f"{found[0]}&#8203;", escaped)
