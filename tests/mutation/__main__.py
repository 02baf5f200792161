"""Mutate clean modules and see whether the gate notices: `python -m tests.mutation`.

On demand: about half a second for each mutant and process. Prints a table by mutator and every
survivor; exits with 1 where fewer than 95 % of the defects are killed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.mutation.gate import Outcome
from tests.mutation.mutant import Mutant
from tests.mutation.mutators import chosen, mutants
from tests.mutation.report import TARGET, page, score, short_report
from tests.mutation.runner import run
from tests.mutation.shapes import shapes

PAGE = ROOT / "docs" / "mutation.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--limit", type=int, default=1000, help="mutants, by default 1000")
    parser.add_argument("--all", action="store_true", help="every mutant there is")
    parser.add_argument("--shape", help="of one clean module alone")
    parser.add_argument("--only", metavar="MUTATOR", help="of one mutator alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    options = parser.parse_args()
    everything = [
        mutant
        for shape in shapes()
        if options.shape in (None, shape.name)
        for mutant in mutants(shape)
        if options.only in (None, mutant.mutator)
    ]
    picked = everything if options.all else chosen(everything, options.limit)
    say(f"{len(picked)} of {len(everything)} mutants")
    started = time.monotonic()
    done = 0

    def told(mutant: Mutant, outcome: Outcome) -> None:
        nonlocal done
        done += 1
        if not outcome.killer:
            say(f"[{done}/{len(picked)}] alive: {mutant.name} {outcome.said}")

    tried, absent = run(picked, options.jobs, told)
    for name, checks in absent.items():
        say(f"not passed by the clean module {name}, so without a part: {', '.join(checks)}")
    found = score(tried)
    say("\n" + "\n".join(short_report(found)))
    if options.write:
        given = "--all" if options.all else f"--limit {options.limit}"
        command = f"python -m tests.mutation {given} --write"
        text = page(found, command, time.monotonic() - started)
        Path(PAGE).write_text(text, "utf-8")
    return 0 if found.percent >= TARGET and not absent else 1


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
