"""Modules in jobs: how a matrix of a CI server is cut. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gates.model import Stage

Modules = tuple[str, ...]
"""Folders of modules, relative to the root that they were found in, in order."""

MOST_JOBS = 256
"""Jobs that GitHub makes of one matrix."""
JOBS = MOST_JOBS // len(Stage)
"""Jobs of one matrix where each stage has one, so that all together stay under the limit."""
PER_JOB = 4
"""Modules of one job, where that gives no more jobs than allowed."""


def shards(modules: Sequence[str], *, jobs: int = JOBS, per_job: int = PER_JOB) -> list[Modules]:
    """The modules cut into at most `jobs` parts of nearly one size, in order, none of them empty.

    A part holds `per_job` modules at most, and more only where there would be too many jobs.
    """
    if not modules:
        return []
    count = min(jobs, -(-len(modules) // per_job), len(modules))
    size, larger = divmod(len(modules), count)
    ends = [size * number + min(number, larger) for number in range(count + 1)]
    return [tuple(modules[begin:end]) for begin, end in pairwise(ends)]


def matrix(parts: Sequence[Modules]) -> dict[str, list[dict[str, object]]]:
    """The value of `strategy.matrix`: `shard`, a name for artefacts, and `modules`, the folders."""
    width = len(str(len(parts)))
    return {
        "include": [
            {"shard": f"{number:0{width}}", "modules": list(part)}
            for number, part in enumerate(parts, 1)
        ]
    }
