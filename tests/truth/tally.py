"""How often an answer was right on cases from outside."""

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
