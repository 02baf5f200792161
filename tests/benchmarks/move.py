"""The big migration at growing sizes: seconds of each step, on generated worlds."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gates.database.server.embedded import durable_server
from gates.database.server.programs import Programs
from gates.move.legacy import Size
from gates.move.place import Place
from gates.move.read import load_plan
from gates.move.rehearse import Source, rehearse
from gates.settings import Settings
from tests.conftest import ROOT

SIZES = (10, 100, 1000)


def move(folder: Path, times: int, say: Callable[[str], None]) -> None:
    """Rehearse the example plan at each size, forwards and back; MOVE_SIZES names others."""
    plan = load_plan(ROOT / "examples" / "migration-plan.toml")
    plan = replace(plan, window=86400.0)
    sizes = [int(each) for each in os.environ.get("MOVE_SIZES", "").split()] or SIZES
    settings = Settings.from_environment()
    folder.chmod(0o755)
    programs = Programs.find(settings.cache / "postgresql").folder
    names = [*(each.id for each in plan.steps), "rollback"]
    say(f"| organisations | MB | {' | '.join(names)} |")
    say("|---" * (len(names) + 2) + "|")
    with durable_server(folder / "server", settings) as url:
        place = Place(url, "axon", folder, programs)
        for size in sizes:
            made = rehearse(
                plan, place, Source(Size(size)),
                times=times, rollbacks=times, with_faults=False,
            )  # fmt: skip
            best = [min(e.steps.get(n, 0.0) for e in made.rehearsals) for n in names[:-1]]
            best.append(min(e.rollback or 0.0 for e in made.rehearsals))
            failed = [e.note for e in made.rehearsals if not e.passed]
            shown = " | ".join(f"{each:.2f}" for each in best)
            say(f"| {size} | {made.size / 1e6:.1f} | {shown} |{''.join(failed)}")
