"""Texts that fit a regular expression, and such as only just do not fit another."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from typing import Any

MOST = 60
"""Texts that are made of one expression."""
COMMON = "a0A _-.zZ9/@é"
"""Characters that expressions treat differently."""


@cache
def texts(pattern: str, other: str = "") -> tuple[str, ...]:
    """Texts in which an expression is found, shortest first; characters chosen with an eye on
    another expression as well. Not each of them need fit: look-arounds are not understood.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree: Any = _parser().parse(_roughly(pattern))
            pool = _pool(tree)
            if other:
                pool += [
                    each for each in _pool(_parser().parse(_roughly(other))) if each not in pool
                ]
    except (re.error, RecursionError, OverflowError):
        return ()
    pool += [each for each in COMMON if each not in pool]
    made = dict.fromkeys(islice(_sequence(list(tree), tuple(pool[:60]), 5), MOST * 8))
    return tuple(sorted(made, key=len)[: MOST * 2])


def _roughly(pattern: str) -> str:
    """JavaScript's expression in the syntax of Python's parser, for the texts that it suggests."""
    plain = re.sub(r"\\p\{[^}]*\}", r"\\w", pattern)
    plain = re.sub(r"\\P\{[^}]*\}", r"\\W", plain)
    plain = re.sub(r"\\u\{([0-9A-Fa-f]{1,6})\}", lambda each: f"\\U{int(each[1], 16):08x}", plain)
    plain = re.sub(r"\(\?<(?![=!])", "(?P<", plain)
    return re.sub(r"\\k<(\w+)>", r"(?P=\1)", plain)


def _parser() -> Any:  # noqa: ANN401 - the standard library's own, which has no stubs
    return getattr(re, "_parser")  # noqa: B009 - private; Hypothesis leans on it as well


def _pool(tree: Any) -> list[str]:  # noqa: ANN401
    """Characters at the edges of what an expression mentions, and those just beside."""
    found: dict[str, None] = {}
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        if (
            isinstance(each, tuple)
            and len(each) == 2
            and str(each[0]) in ("LITERAL", "NOT_LITERAL")
        ):
            found |= dict.fromkeys(_around(each[1], each[1]))
        elif isinstance(each, tuple) and len(each) == 2 and str(each[0]) == "RANGE":
            found |= dict.fromkeys(_around(*each[1]))
        elif isinstance(each, tuple | list) or hasattr(each, "data"):
            waiting += list(each)
    return list(found)


def _around(low: int, high: int) -> Iterator[str]:
    for code in (low, high, low - 1, high + 1):
        if 32 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF:
            yield chr(code)


def _sequence(parts: list[Any], pool: tuple[str, ...], depth: int) -> Iterator[str]:
    """Texts of a sequence: its shortest, then each part varied while the others stay."""
    if depth == 0:
        return
    choices = [list(islice(_part(each, pool, depth), 14)) for each in parts]
    if not all(choices):
        return
    first = [each[0] for each in choices]
    yield "".join(first)
    for index, several in enumerate(choices):
        for one in several[1:]:
            yield "".join([*first[:index], one, *first[index + 1 :]])
    if len(choices) <= 4:
        yield from ("".join(each) for each in product(*(several[:4] for several in choices)))


def _part(part: tuple[Any, Any], pool: tuple[str, ...], depth: int) -> Iterator[str]:
    name, value = str(part[0]), part[1]
    if name == "LITERAL":
        yield chr(value)
    elif name in ("NOT_LITERAL", "ANY", "IN"):
        yield from (each for each in pool if _fits(part, each))
    elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = value
        counts = sorted({least, min(int(most), least + 1), min(int(most), least + 3)})
        for count in counts:
            if count > 1000:
                return
            for each in islice(_sequence(list(inner), pool, depth - 1), 12):
                yield each * count
    elif name == "SUBPATTERN":
        yield from _sequence(list(value[-1]), pool, depth - 1)
    elif name == "ATOMIC_GROUP":
        yield from _sequence(list(value), pool, depth - 1)
    elif name == "BRANCH":
        several = [islice(_sequence(list(each), pool, depth - 1), 6) for each in value[1]]
        yield from (text for each in several for text in each)
    else:
        yield ""


def _fits(part: tuple[Any, Any], character: str) -> bool:
    name, value = str(part[0]), part[1]
    if name == "ANY":
        return character != "\n"
    if name == "NOT_LITERAL":
        return bool(ord(character) != value)
    negated = False
    found = False
    for kind, inner in value:
        if str(kind) == "NEGATE":
            negated = True
        elif str(kind) == "LITERAL":
            found = found or ord(character) == inner
        elif str(kind) == "RANGE":
            found = found or inner[0] <= ord(character) <= inner[1]
        elif str(kind) == "CATEGORY":
            found = found or _in_category(str(inner), character)
    return bool(found is not negated)


def _in_category(name: str, character: str) -> bool:
    letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[name.rpartition("_")[2]]
    within = re.fullmatch(f"\\{letter}", character) is not None
    return within is not ("_NOT_" in name)
