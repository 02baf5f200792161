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


_MOST_REPEATS = 70
"""How often an open repetition is tried to reach a length."""


def sample_of(pattern: str, seed: int, size: int | None = None) -> str | None:
    """A text that a regular expression accepts, or None where Python reads it differently; with a
    `size`, of so many characters, or None where none was found."""
    found = _sample_of(pattern, seed, 3)
    if size is None or found is None or len(found) == size:
        return found
    per_repeat = max(len(_sample_of(pattern, seed, 4) or found) - len(found), 1)
    near = 3 + (size - len(found)) // per_repeat
    for repeats in dict.fromkeys([size, *(near + step for step in (0, 1, -1, 2, -2, 3))]):
        if repeats >= 0:
            found = _sample_of(pattern, seed, repeats)
            if found is not None and len(found) >= size:
                cut = found if len(found) == size else found[:size]
                if len(cut) == size and _accepts(pattern, cut):
                    return cut
    found = _sample_of(pattern, seed, 3) or ""
    padded = (found + "abcdefghij" * (size // 10 + 1))[:size]
    return padded if _accepts(pattern, padded) else None


def like_sample(pattern: str, filler: str, size: int | None = None) -> str:
    """A text that LIKE accepts, of `size` characters where it can be."""
    parts = re.findall(r"\\.|%|_|[^\\%_]+", pattern)
    fixed = sum(1 if each == "_" else len(each.lstrip("\\")) for each in parts if each != "%")
    room = max((size or 0) - fixed, 0)
    text = ""
    for part in parts:
        if part == "%":
            fill = (filler * (room // len(filler) + 1))[:room] if size is not None else filler
            text, room = text + fill, 0
        else:
            text += "a" if part == "_" else part.removeprefix("\\")
    return text


def _accepts(pattern: str, text: str) -> bool:
    try:
        return re.search(_of_python(pattern), text) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def _of_python(pattern: str) -> str:
    for name, members in _CLASSES.items():
        pattern = pattern.replace(f"[:{name}:]", members)
    return re.sub(r"\\[mMyAZ]", "", pattern)


def _sample_of(pattern: str, seed: int, repeats: int) -> str | None:
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
        text = "".join(_sample(item, chooser, repeats) for item in tree)
    except (NotImplementedError, RecursionError):
        return None
    return text if len(text) <= 10_000 and re.search(pattern, text) else None


def _sample(item: tuple[Any, Any], chooser: random.Random, repeats: int) -> str:
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
        count = min(int(high), max(int(low), repeats), max(int(low), _MOST_REPEATS))
        return "".join(_sample(each, chooser, repeats) for _ in range(count) for each in inner)
    if name == "SUBPATTERN":
        return "".join(_sample(each, chooser, repeats) for each in argument[-1])
    if name == "BRANCH":
        return "".join(_sample(each, chooser, repeats) for each in chooser.choice(argument[1]))
    raise NotImplementedError(name)


def _from_class(members: list[tuple[Any, Any]], chooser: random.Random) -> str:
    categories = {
        "CATEGORY_DIGIT": "0123456789",
        "CATEGORY_WORD": "abcdefgh0123",
        "CATEGORY_SPACE": " ",
        "CATEGORY_NOT_SPACE": "abcdef01",
        "CATEGORY_NOT_DIGIT": "abcdef",
        "CATEGORY_NOT_WORD": "-. ",
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
