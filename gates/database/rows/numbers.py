"""Numbers that a rule may accept: at its constants, beside them and between them. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal

from gates.database.rows.literals import Literals

_STEPS = tuple(map(Decimal, ("0", "1", "-1", "2", "-2", "3", "0.5", "-0.5", "0.01", "-0.01",
                             "0.0001", "10", "100", "1000", "100000")))  # fmt: skip
_MOST = 12
"""Constants whose surroundings are looked at."""


def numbers(given: Literals, seed: int) -> Iterator[str]:
    """Numbers for one seed, the likeliest first, as texts; some have decimals."""
    known = given.numbers[:_MOST]
    for divisor, rest in given.remainders:
        step = max(divisor, 1)
        start = max([*map(int, known), 0]) // step + 1
        yield from (str((start + seed + more) * step + rest) for more in (0, 1))
        yield from (str(int(each) // step * step + rest) for each in known)
        yield str(step + rest)
    for number in known:
        yield from (_shown(number + step) for step in (*_STEPS[:4], Decimal(seed), Decimal(-seed)))
    for low, high in itertools.pairwise(sorted({*known, *(Decimal(0),)})):
        width = high - low
        share = Decimal(seed % 97 + 1) / 100
        yield from (_shown(round(low + width * share, 4)), _shown(low + width / 2))
        if width > 1:
            yield _shown(Decimal(int(low) + 1 + seed % max(int(width) - 1, 1)))
    for number in known:
        yield from (_shown(number + step) for step in _STEPS[4:])
    for one, two in itertools.islice(itertools.permutations(known, 2), 30):
        yield from (_shown(one - two), _shown(one + two), _shown(one * two))


def ordinary(seed: int) -> list[str]:
    """Numbers in the sizes that applications use: shares, counts, seconds since 1970."""
    fixed = ["0", "1", "-1", "10", "1000", "100000", "0.5", "0.01", "2026", "1800000000",
             "1800000000000"]  # fmt: skip
    return [f"0.{seed % 9000 + 1000}", str(seed), str(seed % 100), *fixed]


def _shown(number: Decimal) -> str:
    return format(number, "f")
