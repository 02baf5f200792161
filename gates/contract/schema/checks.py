"""What a CHECK accepts, as far as it is a list of values or limits of one expression.

Texts are those of `pg_get_constraintdef`, which writes `IN` and `BETWEEN` out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from gates.records import dataclass

_LIST = re.compile(
    r"CHECK \(\((?P<what>[^=<>]+?) = ANY \(\(?ARRAY\[(?P<values>.*)\](?:\)::[^\[]+\[\])?\)\)\)",
    re.DOTALL,
)
_ITEM = re.compile(r"('(?:[^']|'')*')(?:::[\w\" .]+)*|(-?\d+(?:\.\d+)?)")
_ONE = re.compile(r"CHECK \(\((?P<what>[^=<>]+?) = (?P<value>'(?:[^']|'')*')(?:::[\w\" .]+)*\)\)")
_LIMIT = re.compile(
    r"\(*(?P<what>[\w\".]+(?:\([\w\".]+\))?|\([\w\".]+\)(?:::[\w ]+)?) (?P<sign>>=|<=|>|<)"
    r" \(?'?(?P<number>-?\d{1,30}(?:\.\d{1,30})?)'?\)?(?:::[\w ]+?)?\)*"
)
LONGEST = 10_000
"""Characters of a CHECK that is taken apart."""
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
}


@dataclass(frozen=True)
class Values:
    """The expression `what` is one of a few values, as SQL."""

    what: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """The expression `what` keeps to some limits, all of them."""

    what: str
    limits: tuple[tuple[str, float], ...]

    def holds(self, value: float) -> bool:
        """Whether a value keeps to all limits."""
        return all(_SIGNS[sign](value, limit) for sign, limit in self.limits)


def understood(text: str) -> Values | Limits | None:
    """What a CHECK accepts; None for one that is neither a list nor limits of one expression."""
    if len(text) > LONGEST:
        return None
    if match := _LIST.fullmatch(text):
        items = tuple(quoted or number for quoted, number in _ITEM.findall(match["values"]))
        return Values(match["what"], items)
    if match := _ONE.fullmatch(text):
        return Values(match["what"], (match["value"],))
    if not text.startswith("CHECK (") or " OR " in text:
        return None
    found = [_LIMIT.fullmatch(each) for each in text[len("CHECK (") : -1].split(" AND ")]
    limits = [each for each in found if each is not None]
    subjects = {each["what"] for each in limits}
    if len(limits) != len(found) or len(subjects) != 1:
        return None
    return Limits(subjects.pop(), tuple((each["sign"], float(each["number"])) for each in limits))


def same_subject(old: str, new: str) -> bool:
    """Whether both are understood and speak of the same expression in the same way."""
    one, other = understood(old), understood(new)
    return one is not None and type(one) is type(other) and one.what == other.what


def together(texts: Sequence[str]) -> Values | Limits | None:
    """What several CHECKs of one subject accept together; None without one that is understood."""
    known = [each for each in map(understood, texts) if each is not None]
    if not known:
        return None
    first = known[0]
    if isinstance(first, Values):
        rest = [each.values for each in known if isinstance(each, Values)]
        return Values(first.what, tuple(v for v in first.values if all(v in r for r in rest)))
    limits = [limit for each in known if isinstance(each, Limits) for limit in each.limits]
    return Limits(first.what, tuple(limits))


def refused(old: Sequence[str], new: str, *, whole: bool) -> str | None:
    """What all the old ones accept and the new one refuses, as `expression = value`; None where
    there is no such value. All must have the same subject; `whole`: it knows whole numbers only."""
    one, other = together(old), understood(new)
    if isinstance(one, Values) and isinstance(other, Values):
        gone = [each for each in one.values if each not in other.values]
        return f"{_named(one.what)} = {gone[0]}" if gone else None
    if isinstance(one, Limits) and isinstance(other, Limits):
        numbers = sorted({number for _, number in (*one.limits, *other.limits)})
        between = [] if whole else [(a + b) / 2 for a, b in pairwise(numbers)]
        around = [each for number in numbers for each in (number, number - 1, number + 1)]
        for value in (*around, *between):
            if one.holds(value) and not other.holds(value):
                return f"{_named(one.what)} = {value:g}"
    return None


def _named(subject: str) -> str:
    """A subject without the parentheses and the cast that the server puts around a column."""
    column = re.fullmatch(r"\(*([^()]*)\)*(?:::text)?", subject)
    return column[1] if column else subject


def words_in(text: str) -> frozenset[str]:
    """The names in an expression."""
    return frozenset(re.findall(r'"[^"]+"|\w+', re.sub(r"'(?:[^']|'')*'", "", text)))
