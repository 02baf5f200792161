"""A fleet: 100 generated modules on two Dask workers, one of them killed; 1,000 by simulation.

The simulation takes the seconds that the real modules took, and begins modules as the engines do:
the longest first, each on the worker that is free first.
"""

from __future__ import annotations

import heapq
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gates.fleet.engines import longest_first, run_on_dask
from gates.fleet.members import find_members
from gates.fleet.run import make_tasks
from gates.fleet.task import Outcome, Task
from tests.benchmarks import generated
from tests.fleet.workers import worker_killed

Say = Callable[[str], None]
MODULES = int(os.environ.get("FLEET_MODULES", "100"))
WORKERS, SIMULATED = 2, 1_000
KILLED = 20.0 if MODULES > 10 else 1.0
"""Seconds after which the first worker that runs a module is killed."""
STAGES = ("lint-manifest", "lint", "build")
HEAD = """\
| modules | workers | seconds by the clock | their seconds together | together / workers | ratio |
|---|---|--:|--:|--:|--:|
"""


def makespan(seconds: Iterable[float], workers: int) -> float:
    """When the last of the modules ends, with the longest begun first."""
    tasks = {str(number): each for number, each in enumerate(seconds)}
    named = [Task(name, "", name, (), 0.0) for name in tasks]
    free = [0.0] * workers
    for task in longest_first(named, tasks):
        heapq.heapreplace(free, free[0] + tasks[task.name])
    return max(free)


def fleet(work: Path, _times: int, say: Say) -> str:
    """The table for docs/performance.md."""
    draw = random.Random(14)
    for number in range(MODULES):
        tables = 1 + int(draw.paretovariate(1.2)) % 25
        root = work / "modules" / f"{number:03}" / "sample-module"
        generated.write(root, tables, min(tables, 5))
        (root / "README.md").write_text(f"# Module {number}\n", "utf-8")
    arguments = [part for stage in STAGES for part in ("--stage", stage)]
    tasks, _ = make_tasks(
        find_members([work / "modules"]), (*arguments, "--offline", "--fresh"), None, 600
    )
    began = time.monotonic()
    found: list[Outcome] = []
    with worker_killed(after=KILLED) as killed:
        for each in run_on_dask(tasks, "local", WORKERS):
            found.append(each)
            if len(found) % 10 == 0:
                say(f"  {len(found)} of {MODULES} after {time.monotonic() - began:.0f} s")
    taken = time.monotonic() - began
    say(f"  {dict(Counter(each.verdict for each in found))}, {len(killed)} worker killed")
    for each in sorted(each for one in found for each in one.blocking)[:5]:
        say(f"  {each}")
    seconds = [each.seconds for each in found]
    rows = [_row(f"{MODULES}, generated", WORKERS, taken, seconds)]
    drawn = draw.choices(seconds, k=SIMULATED)
    rows += [
        _row(f"{SIMULATED:,}, simulated", workers, makespan(drawn, workers), drawn)
        for workers in (1, 2, 8, 32, 128)
    ]
    return HEAD + "".join(rows)


def _row(name: str, workers: int, taken: float, seconds: Sequence[float]) -> str:
    share = sum(seconds) / workers
    return (
        f"| {name} | {workers} | {taken:,.0f} | {sum(seconds):,.0f} | {share:,.0f} |"
        f" {taken / share:.2f} |\n"
    )
