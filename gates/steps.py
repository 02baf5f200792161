"""Acting in named steps, each safe to repeat, so that what was interrupted is done again whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from gates.model import RanRecord
from gates.records import dataclass

S = TypeVar("S")


@dataclass(frozen=True)
class Step(Generic[S]):
    """One step: its name, and what it does with the state of the whole."""

    name: str
    run: Callable[[S], str]
    """Returns what it did, in a few words."""


def run_steps(steps: Sequence[Step[S]], state: S) -> tuple[RanRecord, ...]:
    """Run the steps in order and return a record of each; the first that raises ends it."""
    records = []
    for step in steps:
        started = time.monotonic()
        detail = step.run(state)
        seconds = time.monotonic() - started
        records.append(
            RanRecord(step.name, exit_status=0, subjects=1, seconds=seconds, detail=detail)
        )
    return tuple(records)
