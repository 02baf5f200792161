"""Runs a program several times and says how long it took, by the clock and by the processor.

A shared machine makes the clock lie; the processor time of the program and of all that it waited
for does not, much. Both are given as the least of several runs, with the median beside it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT


@dataclass(frozen=True)
class Runs:
    """Several runs of the same thing, in seconds."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    outputs: tuple[bytes, ...] = ()

    @property
    def best(self) -> float:
        return min(self.wall)

    @property
    def cpu_best(self) -> float:
        return min(self.cpu)

    def __str__(self) -> str:
        return (
            f"min {min(self.wall):6.3f} s, median {statistics.median(self.wall):6.3f} s,"
            f" processor {min(self.cpu):6.3f} s"
        )


def run(
    arguments: Sequence[str | Path],
    times: int,
    environment: Mapping[str, str] | None = None,
    *,
    warm: bool = True,
    ok: Collection[int] = (0,),
) -> Runs:
    """Run a program `times` times, with `warm` after one run that is not counted, which warms the
    caches. `environment` is added to our own.

    Raises `RuntimeError` where it ends with a status outside `ok`.
    """
    wall, cpu, outputs = [], [], []
    for number in range(times + 1) if warm else range(1, times + 1):
        started = time.perf_counter()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - read after the process, by us
        process = subprocess.Popen(
            [str(each) for each in arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            # As installed: what is not compiled beside its source is compiled in every run.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
            cwd=ROOT,
        )
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.perf_counter() - started
        if process.returncode not in ok:
            errors.seek(0)
            raise RuntimeError(f"{arguments} ended with {process.returncode}: {errors.read()!r}")
        if number:
            wall.append(taken)
            cpu.append(usage.ru_utime + usage.ru_stime)
            outputs.append(output)
    return Runs(tuple(wall), tuple(cpu), tuple(outputs))
