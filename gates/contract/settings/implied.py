"""Whether an old schema already demands what a keyword about numbers, texts or sizes demands."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor
from typing import Any

from gates.contract.settings.view import View, kinds
from gates.module.formats import FORMATS

ANYTHING = frozenset({"", "^", "$", ".*", "^.*", ".*$", "(.*)", "[\\s\\S]*", "^[\\s\\S]*$"})
"""Expressions that are found in every text."""


def scalar_implied(before: View, keyword: str, value: Any) -> bool | None:  # noqa: ANN401
    """Whether whatever fits `before` fits the keyword; None for a keyword that it does not know."""
    if keyword == "type":
        return before.kinds <= kinds(value) or (
            before.kinds - kinds(value) == {"fraction"}
            and any(_whole(each) for _, each in before.every("multipleOf"))
        )
    if keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        return _bound_implied(before, keyword, value)
    if keyword == "multipleOf":
        steps = [each for _, each in before.every("multipleOf")]
        if "fraction" not in before.kinds:
            steps.append(1)
        return any(Decimal(str(each)) % Decimal(str(value)) == 0 for each in steps)
    if keyword == "pattern":
        return value in ANYTHING or any(value == each for _, each in before.every("pattern"))
    if keyword == "format":
        return value not in FORMATS or any(value == each for _, each in before.every("format"))
    if keyword == "uniqueItems":
        most = before.tightest("maxItems")
        unique = any(each for _, each in before.every("uniqueItems"))
        return value is not True or unique or (most is not None and most <= 1)
    return _size_implied(before, keyword, value)


def _size_implied(before: View, keyword: str, value: Any) -> bool | None:  # noqa: ANN401
    if keyword in ("minLength", "minItems", "minProperties"):
        least = before.tightest(keyword) or 0
        if keyword == "minProperties":
            least = max(least, len(before.required))
        return bool(least >= value)
    if keyword in ("maxLength", "maxItems"):
        most = before.tightest(keyword)
        return most is not None and most <= value
    if keyword == "maxProperties":
        most = before.tightest(keyword)
        return most is not None and most <= value
    return None


def _whole(value: float) -> bool:
    return float(value).is_integer()


def _bound_implied(before: View, keyword: str, value: Any) -> bool:  # noqa: ANN401
    sign = -1 if keyword in ("maximum", "exclusiveMaximum") else 1
    inside, outside = ("minimum", "exclusiveMinimum") if sign == 1 else (
        "maximum", "exclusiveMaximum"
    )  # fmt: skip
    wanted = (sign * value, keyword == outside)
    have = [(sign * each, False) for _, each in before.every(inside)]
    have += [(sign * each, True) for _, each in before.every(outside)]
    if "fraction" not in before.kinds:
        have = [(_next_whole(*each), False) for each in have]
        wanted = (_next_whole(*wanted), False)
    return any(each >= wanted for each in have)


def _next_whole(bound: float, exclusive: bool) -> int:
    return floor(bound) + 1 if exclusive else ceil(bound)
