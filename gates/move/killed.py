"""A process of a rehearsal that runs a plan until it is killed: `python -m gates.move.killed`."""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run the plan; never to its end, unless the step is not in it."""
    from gates.move.engine import run, without_window
    from gates.move.faults import killing
    from gates.move.journal import Journal
    from gates.move.place import Place
    from gates.move.read import load_plan
    from gates.move.rehearse import stand_ins

    plan, url, database, folder, programs, modules, step, seconds, generated, lock = arguments
    place = Place(
        url, database, Path(folder), Path(programs), modules=Path(modules) if modules else None,
        releases=stand_ins if generated else None, lock_timeout=float(lock),
    )  # fmt: skip
    with Journal(Path(folder)) as journal:
        run(without_window(load_plan(Path(plan))), place, journal, killing(step, float(seconds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
