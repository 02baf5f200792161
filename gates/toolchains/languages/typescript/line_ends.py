"""TypeScript sources with one kind of line end, so that all who count lines count the same ones.

To ECMAScript CR, U+2028 and U+2029 end lines, too; what measures coverage, transforms and parses
each takes some of them for line ends and others not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gates.module import Module
from gates.toolchains.languages.typescript.sources.trees import typescript_trees

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_RETURN = re.compile(r"\r(?!\n)")
_SEPARATOR = re.compile(r"[\u2028\u2029]")
_RAW = ("string", "template_string")


def with_plain_lines(text: str, path: str) -> str:
    """The same program with "\\n" (or "\\r\\n") alone for line ends; what stands in a string as
    U+2028 or U+2029 is written as an escape."""
    text = _RETURN.sub("\n", text)  # in a template, too, ECMAScript reads it as a line feed
    if not _SEPARATOR.search(text):
        return text
    from ast_grep_py import SgRoot

    root = SgRoot(text, "tsx" if path.endswith("x") else "typescript").root()
    inside = {
        place
        for kind in _RAW
        for node in root.find_all(kind=kind)
        for place in _own(node)
    }  # fmt: skip

    def spelled(found: re.Match[str]) -> str:
        first = place = found.start()
        while first and text[first - 1] == "\\":
            first -= 1
        # A backslash that is left over takes the line end out of the string.
        escape = place in inside and (place - first) % 2 == 0
        return f"\\u{ord(found[0]):04x}" if escape else "\n"

    return _SEPARATOR.sub(spelled, text)


def _own(node: SgNode) -> set[int]:
    """The places of a string's text that are not in code inside of it."""
    whole = set(range(node.range().start.index, node.range().end.index))
    for each in node.children():
        if each.kind() == "template_substitution":
            whole -= set(range(each.range().start.index, each.range().end.index))
    return whole


def plain_trees(module: Module) -> dict[str, SgNode]:
    """The trees of the module's sources with plain lines, by path: of what is measured."""
    from ast_grep_py import SgRoot

    found = typescript_trees(module)
    for path in found:
        text = module.text(path)
        if (plain := with_plain_lines(text, path)) != text:
            found[path] = SgRoot(plain, "tsx" if path.endswith("x") else "typescript").root()
    return found
