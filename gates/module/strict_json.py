"""Reading JSON strictly: what is wrong in an author's words, and where each value stands.

Values come from the standard library's parser. Positions come from a scan of the same text, made
only when something asks for one: a manifest without a finding never pays for it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from gates.lazy import pattern
from gates.records import dataclass

MAX_DEPTH = 200
"""Deepest nesting that is read; deeper documents are refused, not crashed on."""
MAX_DIGITS = 308
"""Longest integer, in digits: what fits the double that every JSON reader can hold (RFC 8259)."""

Key = str | int

_TOKEN = pattern(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]++', re.DOTALL)
_SURROGATE = pattern(r"\\u[dD][89a-fA-F]")
_NUMBER = pattern(r"-?\d")


@dataclass(frozen=True)
class Fault:
    """One reason why a text is not the JSON that it should be: offsets in characters."""

    start: int
    end: int
    message: str
    fix: str | None = None
    fatal: bool = True
    """Whether no value can be trusted at all."""


class Node:
    """Where one value stands in the text, with its members or items below it."""

    __slots__ = ("children", "end", "key", "start")

    def __init__(self, start: int, key: tuple[int, int] | None) -> None:
        self.start = start
        self.end = start
        self.key = key
        self.children: dict[Key, Node] = {}


class Exact(float):
    """A number that no double holds exactly as it was written, in more digits than a double has."""

    written: str


def _exact(digits: str, value: float) -> float:
    if len(digits) <= 16 or len(digits) > MAX_DIGITS or not value:
        return value
    from fractions import Fraction

    if Fraction(digits) == Fraction(repr(value)):
        return value
    made = Exact(value)
    made.written = digits
    return made


def parse(text: str) -> tuple[Any, list[Fault]]:
    """The value of a JSON text, and what is wrong with it.

    Where a fault is fatal the value is None. Refused besides what JSON itself refuses: keys given
    twice, NaN and Infinity, numbers no double can hold, halves of surrogate pairs, and nesting
    below `MAX_DEPTH`.
    """
    if deep := _too_deep(text):
        return None, [deep]
    suspicious = _SURROGATE.search(text) is not None

    def mark_suspicious(_text: str) -> float:
        nonlocal suspicious
        suspicious = True
        return 0.0

    def number(digits: str) -> int | float:
        return int(digits) if len(digits) <= MAX_DIGITS else mark_suspicious(digits)

    def real(digits: str) -> float:
        value = float(digits)
        return _exact(digits, value) if math.isfinite(value) else mark_suspicious(digits)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal suspicious
        result = dict(pairs)
        suspicious = suspicious or len(result) != len(pairs)
        return result

    try:
        value = json.loads(
            text,
            object_pairs_hook=members,
            parse_constant=mark_suspicious,
            parse_int=number,
            parse_float=real,
        )
    except json.JSONDecodeError as error:
        return None, [_syntax_fault(text, error)]
    if not suspicious:
        return value, []
    faults = scan(text)[1]
    return (None if any(fault.fatal for fault in faults) else value), faults


def scan(text: str) -> tuple[Node, list[Fault]]:
    """The tree of positions of a text that is JSON, and the faults that its parser lets pass."""
    faults: list[Fault] = []
    root = Node(0, None)
    stack: list[tuple[Node, bool]] = []
    key: tuple[str, int, int] | None = None
    expect_key = False
    for token in _TOKEN.finditer(text):
        part, start, end = token[0], *token.span()
        if part in "]}":
            stack.pop()[0].end = end
            expect_key = False
        elif part == ",":
            expect_key = stack[-1][1]
        elif part == ":":
            expect_key = False
        elif expect_key:
            name = _decode(part)
            faults += _string_faults(part, start, name)
            if name in stack[-1][0].children:
                faults.append(_repeated(name, start, end, text, stack[-1][0].children[name]))
            key = (name, start, end)
        else:
            node = Node(start, key[1:] if key else None)
            node.end = end
            if not stack:
                root = node
            else:
                parent, is_object = stack[-1]
                parent.children[key[0] if is_object and key else len(parent.children)] = node
            key = None
            if part in "[{":
                stack.append((node, part == "{"))
                expect_key = part == "{"
            elif part[0] == '"':
                faults += _string_faults(part, start, _decode(part))
            elif _NUMBER.match(part) or part not in ("true", "false", "null"):
                faults += _number_faults(part, start)
    return root, faults


def _decode(part: str) -> str:
    return str(json.loads(part)) if "\\" in part else part[1:-1]


def _repeated(name: str, start: int, end: int, text: str, first: Node) -> Fault:
    line = text.count("\n", 0, (first.key or (first.start,))[0]) + 1
    shown = json.dumps(name if len(name) <= 60 else f"{name[:57]}...", ensure_ascii=False)
    return Fault(
        start,
        end,
        f"the key {shown} is given twice; the first is on line {line}",
        "keep one of the two: readers of JSON disagree on which one counts",
        fatal=False,
    )


def _string_faults(part: str, start: int, value: str) -> Iterator[Fault]:
    if any("\ud800" <= character <= "\udfff" for character in value):
        match = _SURROGATE.search(part)
        offset = match.start() if match else 0
        yield Fault(
            start + offset,
            start + (offset + 6 if match else len(part)),
            "half of a surrogate pair, which is no character",
            "write the character itself, in UTF-8",
        )


def _number_faults(part: str, start: int) -> Iterator[Fault]:
    end = start + len(part)
    if not part.lstrip("-")[:1].isdigit():
        yield Fault(start, end, f"{part} is no JSON value", "write a number, or null")
    elif part.lstrip("-").isdigit():
        if len(part) > MAX_DIGITS:
            message = "a number with more digits than any reader of JSON can hold"
            yield Fault(start, end, message, "write a smaller number, or a text")
    elif not math.isfinite(float(part)):
        message = "a number that is too large for any reader of JSON"
        yield Fault(start, end, message, "write a smaller number, or a text")


def _too_deep(text: str) -> Fault | None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return None
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                message = f"nested more than {MAX_DEPTH} levels deep"
                return Fault(*token.span(), message, "flatten the document")
        elif token[0] in ("]", "}"):
            depth -= 1
    return None


_PYTHON = {"True": "true", "False": "false", "None": "null", "undefined": "null"}


def _syntax_fault(text: str, error: json.JSONDecodeError) -> Fault:
    """The parser's complaint in an author's words, at the same place in every Python version."""
    at = error.pos
    here = text[at : at + 1]
    before = text[:at].rstrip()
    if error.msg.startswith("Extra data"):
        return Fault(at, at + 1, "text after the end of the JSON value", "remove it")
    if error.msg.startswith("Invalid control"):
        message = "a text runs over the end of its line, or holds a control character"
        return Fault(at, at + 1, message, r'end it with ", or write \n for a line break')
    if error.msg.startswith("Unterminated string"):
        return Fault(at, at + 1, "a text without a closing quote", 'add the closing "')
    if error.msg.startswith("Invalid") and "escape" in error.msg:
        start = at if here == "\\" else at - 1
        shown = _show(text[start : start + 2])
        return Fault(start, start + 2, f"{shown} is no escape of JSON", r"write \\ for a backslash")
    if not here:
        if not before:
            return Fault(0, 0, "the file is empty", "write an object: { ... }")
        end = len(before)
        return Fault(
            end, end + 1, "the file ends before the JSON is complete", "close what is open"
        )
    if here == "," and re.match(r",\s*[\]}]", text[at:]) and before[-1:] not in ("[", "{", ","):
        return _trailing_comma(at)
    if here in "]}" and before.endswith(","):
        return _trailing_comma(len(before) - 1)
    if here == ",":
        return Fault(at, at + 1, "a comma where a value is expected", "remove the comma")
    if here in "/#":
        return Fault(at, at + 1, "a comment, which JSON does not have", "remove it")
    if here == "'":
        return Fault(at, at + 1, "a text in single quotes", 'use double quotes: "..."')
    if "delimiter" in error.msg and (len(before) < at or here in '"[]{}:'):
        wanted = "a colon" if "':'" in error.msg else "a comma"
        return Fault(len(before), len(before) + 1, f"{wanted} is missing here", f"add {wanted}")
    word = _word(text, at)
    if "property name" in error.msg:
        return Fault(*word, "a key must be a text in double quotes", 'write "key": value')
    shown = text[slice(*word)]
    fix = "quote it if it is a text"
    if shown in _PYTHON:
        fix = f"write {_PYTHON[shown]}"
    return Fault(*word, f"{_show(shown)} is no JSON value", fix)


def _word(text: str, at: int) -> tuple[int, int]:
    """The run of characters around an offset that an author sees as one value, cut to 40."""
    start = at
    while start > max(0, at - 20) and re.match(r"[^\s\[\]{}:,\"]", text[start - 1]):
        start -= 1
    match = re.compile(r"[^\s\[\]{}:,\"]{1,20}").match(text, at)
    return start, match.end() if match else at + 1


def _show(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _trailing_comma(at: int) -> Fault:
    return Fault(at, at + 1, "a comma after the last entry, which JSON does not allow", "remove it")
