"""How long the database proofs take, against the same files through psql once."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import generated
from tests.benchmarks.measure import Runs, run

ONE_RUN = Path(__file__).with_name("one_run.py")
Say = Callable[[str], None]


def proofs(work: Path, times: int, say: Say) -> None:
    """All proofs of ten tables in five migrations, whole process, server included; floor: psql."""
    root = generated.write(work / "ten" / "sample-module", tables=10, migrations=5)
    whole = run([sys.executable, ONE_RUN, root], times)
    floor = _psql(root, times)
    say(f"all proofs, 10 tables, 5 migrations   {whole}   (target 2 s)")
    say(f"floor: the same files through psql    {floor}")
    say(f"ratio                                 {whole.best / floor.best:.1f}")
    best = json.loads(whole.outputs[whole.wall.index(whole.best)])
    for name, seconds in sorted(best["checks"].items(), key=lambda each: -each[1]):
        if seconds >= 0.01:
            say(f"    {name:30} {seconds:6.3f} s, side by side with the others")


def isolation(work: Path, times: int, say: Say) -> None:
    """The isolation proof alone: per table, its clone of the database included and not."""
    seconds = {}
    for tables in (10, 40):
        root = generated.write(work / f"alone-{tables}" / "sample-module", tables, 2)
        alone = run([sys.executable, ONE_RUN, root, "tenant-isolation"], times)
        told = [json.loads(each)["checks"]["tenant-isolation"] for each in alone.outputs]
        seconds[tables] = min(told)
        say(
            f"isolation proof, {tables} tables           {seconds[tables]:6.3f} s,"
            f" {1000 * seconds[tables] / tables:.1f} ms a table   (target 30 ms)"
        )
    more = (seconds[40] - seconds[10]) / 30
    say(f"    each further table                {1000 * more:.1f} ms")


def growth(work: Path, times: int, say: Say) -> None:
    """All proofs of 5, 10, 20 and 40 tables, two a migration: how the time grows."""
    best: dict[int, Runs] = {}
    for tables in (5, 10, 20, 40):
        root = generated.write(work / f"growth-{tables}" / "sample-module", tables, 1 + tables // 2)
        best[tables] = run([sys.executable, ONE_RUN, root], times)
        each = best[tables].best
        share = f"{each / tables:.3f} s a table"
        say(f"all proofs, {tables:2} tables                 {best[tables]}   {share}")
    for less, more in ((5, 10), (10, 20), (20, 40)):
        power = math.log2(best[more].cpu_best / best[less].cpu_best)
        say(f"    {less} to {more} tables: processor time grows with the power {power:.2f}")


def _psql(root: Path, times: int) -> Runs:
    """The migrations once through one psql, each time on a new database with the baseline."""
    from gates.database.server.embedded import throwaway_server
    from gates.database.server.programs import Programs
    from gates.database.server.workspace import Workspace
    from gates.settings import Settings

    settings = Settings.from_environment()
    with throwaway_server(settings) as url:
        workspace = Workspace(url, throwaway=True)
        psql = str(Programs.find(settings.cache / "postgresql").folder / "psql")
        base = workspace.create("floor")
        baseline = Path(sys.modules["gates.database"].__file__ or "").parent / "baseline"
        _feed(psql, url, base, sorted(baseline.glob("*.sql")))
        files = sorted((root / "migrations").glob("*.sql"))
        wall, cpu = [], []
        for _ in range(times):
            name = workspace.create("once", base)
            before, started = os.times(), time.perf_counter()
            _feed(psql, url, name, files)
            wall.append(time.perf_counter() - started)
            after = os.times()
            cpu.append(sum(after[2:4]) - sum(before[2:4]))
        workspace.close()
    return Runs(tuple(wall), tuple(cpu))


def _feed(psql: str, url: str, database: str, files: list[Path]) -> None:
    target = url.replace("/postgres?", f"/{database}?")
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", target]
    for file in files:
        command += ["-f", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
