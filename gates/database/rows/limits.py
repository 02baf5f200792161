"""What is tried in part only is said: nothing is proved about the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import TypeVar

T = TypeVar("T")


def first_of(found: Iterable[T], most: int, what: str, cut: list[str]) -> list[T]:
    """Each once, no more than `most`. Where there are more, `cut` gets what was tried of what:
    "12 of 30 conditions"."""
    once = list(dict.fromkeys(found))
    if len(once) > most:
        cut.append(f"{most:,} of {len(once):,} {what}")
    return once[:most]


def tried_in_part(whose: str, cut: Iterable[str]) -> str:
    """The sentence for what was tried in part only; "" where `cut` names nothing."""
    parts = " and ".join(dict.fromkeys(cut))
    return f"of {whose} {parts} were tried: split or simplify it" if parts else ""


def in_turn(several: Iterable[Iterable[T]]) -> list[T]:
    """The first of each, then the second of each, and so on: none is left out for another's
    many."""
    nothing = object()
    rounds = chain.from_iterable(zip_longest(*several, fillvalue=nothing))
    return [each for each in rounds if each is not nothing]  # type: ignore[misc]
