"""Texts that a regular expression accepts. Pure."""

from __future__ import annotations

import random
import re
from typing import Any

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": " ", "blank": " ", "punct": ".,;", "xdigit": "0-9a-f", "word": "a-z0-9_",
}  # fmt: skip
"""POSIX character classes, which Python's expressions lack, as members of a bracket."""


def sample_of(pattern: str, seed: int) -> str | None:
    """A text that a regular expression accepts, or None where Python reads it differently."""
    for name, members in _CLASSES.items():
        pattern = pattern.replace(f"[:{name}:]", members)
    pattern = re.sub(r"\\[mMyAZ]", "", pattern)
    try:
        from re import _parser  # type: ignore[attr-defined]

        tree = _parser.parse(pattern)
    except (re.error, ImportError, RecursionError, OverflowError):
        return None
    chooser = random.Random(seed)  # noqa: S311 - a sample, not a secret
    try:
        text = "".join(_sample(item, chooser) for item in tree)
    except (NotImplementedError, RecursionError):
        return None
    return text if len(text) <= 10_000 and re.search(pattern, text) else None


def _sample(item: tuple[Any, Any], chooser: random.Random) -> str:
    name, argument = str(item[0]), item[1]
    if name == "LITERAL":
        return chr(argument)
    if name == "NOT_LITERAL":
        return "a" if argument != ord("a") else "b"
    if name == "ANY":
        return chooser.choice("abcdef")
    if name == "AT":
        return ""
    if name == "IN":
        return _from_class(argument, chooser)
    if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        low, high, inner = argument
        count = min(int(high), max(int(low), 3))
        return "".join(_sample(each, chooser) for _ in range(count) for each in inner)
    if name == "SUBPATTERN":
        return "".join(_sample(each, chooser) for each in argument[-1])
    if name == "BRANCH":
        return "".join(_sample(each, chooser) for each in chooser.choice(argument[1]))
    raise NotImplementedError(name)


def _from_class(members: list[tuple[Any, Any]], chooser: random.Random) -> str:
    categories = {
        "CATEGORY_DIGIT": "0123456789",
        "CATEGORY_WORD": "abcdefgh0123",
        "CATEGORY_SPACE": " ",
    }
    negate = str(members[0][0]) == "NEGATE"
    inside: set[str] = set()
    for kind, value in members[1:] if negate else members:
        if str(kind) == "LITERAL":
            inside.add(chr(value))
        elif str(kind) == "RANGE":
            inside.update(chr(each) for each in range(value[0], min(value[1], value[0] + 200) + 1))
        elif str(kind) == "CATEGORY" and str(value) in categories:
            inside.update(categories[str(value)])
        else:
            raise NotImplementedError(str(kind))
    usable = sorted(
        set("abcdefghijklmnopqrstuvwxyzABC0123456789-_. ") - inside if negate else inside
    )
    if not usable:
        raise NotImplementedError("an empty class")
    return chooser.choice(usable)
