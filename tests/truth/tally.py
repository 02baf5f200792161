"""How many cases of a corpus came out right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    corpus: str
    size: int
    right: int
    wrong: int
    could_not_show: int
    note: str = ""
