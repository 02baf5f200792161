"""Runs a program several times and says how long it took, by the clock and by the processor.

A shared machine makes the clock lie; the processor time of the program and of all that it started
does not, much. Both are given as the least of several runs, with the median beside it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
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
    _adopt_orphans()
    wall, cpu, outputs = [], [], []
    for number in range(times + 1) if warm else range(1, times + 1):
        before, started = _used_by_children(), time.perf_counter()
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
        process.wait()
        taken = time.perf_counter() - started
        if process.returncode not in ok:
            errors.seek(0)
            raise RuntimeError(f"{arguments} ended with {process.returncode}: {errors.read()!r}")
        if number:
            wall.append(taken)
            cpu.append(_used_by_children() - before)
            outputs.append(output)
    return Runs(tuple(wall), tuple(cpu), tuple(outputs))


def _adopt_orphans() -> None:
    """Become the parent of what descendants leave behind: bubblewrap ends without waiting for the
    first process of its namespace, and with that the time of all programs inside would be lost
    (prctl(2), PR_SET_CHILD_SUBREAPER; Linux alone)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _used_by_children() -> float:
    """Processor seconds of all that we, or what we started, waited for."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
