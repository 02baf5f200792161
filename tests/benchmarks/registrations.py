"""Many registrations at a time, into one embedded catalog: none may be lost or refused."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from gates.catalog import Catalog
from gates.catalog.candidate import module_row
from gates.release import evidence_rows, version_row
from gates.settings import Settings
from tests.conftest import EXAMPLES, ROOT
from tests.passing import World

Say = Callable[[str], None]


def register_many(settings: Settings, work: Path, count: int, at_once: int) -> list[str]:
    """Register `count` modules, each in a process of its own; what the failed ones said."""
    for number in range(count):
        root = work / f"module-{number}"
        shutil.copytree(EXAMPLES / "_base" / "python", root)
        world = World(root, settings)
        world.edit("module.json", '"slug": "sample-module"', f'"slug": "module-{number}"')
        world.published()
        release = world.release(Catalog.open(settings))
        rows = module_row(world.module), version_row(release), evidence_rows(release.statements)
        (root / "rows").write_bytes(pickle.dumps((settings, *rows)))

    def one(number: int) -> str:
        file = work / f"module-{number}" / "rows"
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.register_one", str(file)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{number}: exit status {done.returncode}: {done.stderr}" if done.returncode else ""

    with ThreadPoolExecutor(at_once) as pool:
        return [each for each in pool.map(one, range(count)) if each]


def registrations(work: Path, _times: int, say: Say) -> None:
    """200 registrations, 40 processes at a time."""
    settings = replace(
        Settings.from_environment(),
        state=work / "state",
        key=work / "state" / "key.pem",
        catalog=str(work / "catalog"),
        registry=str(work / "registry"),
    )
    started = time.monotonic()
    failed = register_many(settings, work, 200, 40)
    for each in failed:
        say(each.rstrip())
    say(
        f"200 registrations, 40 at a time: {len(failed)} failed, {time.monotonic() - started:.1f} s"
    )
