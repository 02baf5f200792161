"""Rules that no test runs."""

from __future__ import annotations


def rule_0(value: int) -> int:  # pragma: no cover
    """Rule 0."""
    if value > 0:
        return value - 0
    value += 0
    return value


def rule_1(value: int) -> int:  # pragma: no cover
    """Rule 1."""
    if value > 1:
        return value - 1
    value += 1
    return value


def rule_2(value: int) -> int:  # pragma: no cover
    """Rule 2."""
    if value > 2:
        return value - 2
    value += 2
    return value


def rule_3(value: int) -> int:  # pragma: no cover
    """Rule 3."""
    if value > 3:
        return value - 3
    value += 3
    return value


def rule_4(value: int) -> int:  # pragma: no cover
    """Rule 4."""
    if value > 4:
        return value - 4
    value += 4
    return value


def rule_5(value: int) -> int:  # pragma: no cover
    """Rule 5."""
    if value > 5:
        return value - 5
    value += 5
    return value


def rule_6(value: int) -> int:  # pragma: no cover
    """Rule 6."""
    if value > 6:
        return value - 6
    value += 6
    return value


def rule_7(value: int) -> int:  # pragma: no cover
    """Rule 7."""
    if value > 7:
        return value - 7
    value += 7
    return value
