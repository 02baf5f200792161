"""How often a part of the gate was right on a corpus that it was not made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """The count over one corpus."""

    corpus: str
    size: int
    right: int
    wrong: int
    could_not_show: int
    note: str
