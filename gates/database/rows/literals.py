"""What a rule or condition names: its texts, numbers and patterns. Pure.

It is read for its constants and never for its meaning: whatever comes of them is tried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from gates.records import dataclass

_LITERAL = re.compile(r"(~~?\*?\s*)?(?:similar_to_escape\()?(\b[eE])?'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])(-?\d{1,40}(?:\.\d{1,40})?)(?![\w.])")
_NUMERIC = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?")
_REMAINDER = re.compile(r"(?:%|mod\([^()]{0,80},) *\(?(\d{1,9})\)?\)? = \(?(\d{1,9})")
_PATTERN = re.compile(r"[\^$\[\]\\*+?(){}|]")
_MOST = 60

T = TypeVar("T")


@dataclass(frozen=True)
class Literals:
    """The constants of an expression, each once, in order."""

    texts: tuple[str, ...]
    """Texts that are no pattern."""
    patterns: tuple[str, ...]
    """Regular expressions."""
    likes: tuple[str, ...]
    """Patterns of LIKE."""
    numbers: tuple[Decimal, ...]
    """Numbers, also those in quotes."""
    remainders: tuple[tuple[int, int], ...]
    """Divisors, each with what is to remain."""

    @property
    def sizes(self) -> list[int]:
        """The whole numbers, and those beside them: lengths that may be asked for."""
        whole = [int(each) for each in self.numbers if each == int(each)]
        sizes = [size for each in whole for size in (each, each + 1, each - 1)]
        return [each for each in dict.fromkeys(sizes) if 0 < each <= 4096]


@lru_cache(maxsize=512)
def literals_of(expression: str) -> Literals:
    """Read an expression, as it is written or as the server prints it."""
    texts, patterns, likes = [], [], []
    numbers = [Decimal(each) for each in _NUMBER.findall(_LITERAL.sub(" ", expression))]
    matching = "~" in expression or "regexp" in expression or "SIMILAR" in expression.upper()
    liked = "~~" in expression or "LIKE" in expression.upper()
    for _, escaped, quoted in _LITERAL.findall(expression):
        plain = quoted.replace("''", "'")
        if escaped:
            plain = plain.replace("\\\\", "\\").replace("\\n", "\n").replace("\\r", "\r")
        if matching and _PATTERN.search(plain):
            patterns.append(plain)
        if liked and ("%" in plain or "_" in plain):
            likes.append(plain)
        texts.append(plain)
        if _NUMERIC.fullmatch(plain):
            numbers.append(Decimal(plain))
    remainders = [(int(one), int(two)) for one, two in _REMAINDER.findall(expression)]
    return Literals(
        _first(texts), _first(patterns), _first(likes), _first(numbers), _first(remainders)
    )


def _first(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
