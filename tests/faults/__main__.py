"""Faults at every step of publish and release: `python -m tests.faults [--write]`.

`--write` puts the tables into docs/security.md; `--registry folder` or `server` makes one of them.
It strikes at each sixth moment of a step, from the first, and takes five minutes; with
`--every 1` at all of them, in half an hour. The page says which of them it was.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from tests.faults.faults import FAULTS, Fault
from tests.faults.shelves import Server
from tests.faults.trial import QUICK, STAGES, Laboratory

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
MARKS = {
    "folder": ("<!-- faults: `python -m tests.faults --write` -->", "<!-- end of faults -->"),
    "server": ("<!-- faults of a server: the same -->", "<!-- end of faults of a server -->"),
}
"""By where the registry is."""


def cell(laboratory: Laboratory, stage: str, step: str, fault: Fault, every: int) -> str:
    """How the step ended at its moments, or at each of so many of them, for the table."""
    cases = laboratory.cases(stage, step, fault)[::every]
    ended = [laboratory.tried(case) for case in cases]
    wrong = [
        f"{case.moment}: {each.wrong}"
        for case, each in zip(cases, ended, strict=True)
        if each.wrong
    ]
    for each in wrong:
        sys.stderr.write(f"{stage} {step}, {fault.name} at moment {each}\n")
    if not cases:
        return "not asked"
    if wrong:
        return f"**{len(wrong)} of {len(cases)} differ**"
    stopped = sum(1 for each in ended if each.status)
    return f"{stopped} of {len(cases)} stopped"


def table(laboratory: Laboratory, every: int) -> list[str]:
    """The table of one laboratory, each line as it comes."""
    faults = [each for each in FAULTS if laboratory.shelf.kind in each.registries]
    lines = [f"| step | {' | '.join(e.name for e in faults)} |", "|---|" + "---|" * len(faults)]
    for stage in STAGES:
        for step in laboratory.moments[stage]:
            cells = [cell(laboratory, stage, step, each, every) for each in faults]
            lines.append(f"| {stage}: {step} | {' | '.join(cells)} |")
            sys.stdout.write(f"{lines[-1]}\n")
            sys.stdout.flush()
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--every", type=int, default=6, help="strike at each of so many moments")
    parser.add_argument("--registry", choices=[*MARKS], action="append")
    given = parser.parse_args()
    wrong = False
    for kind in given.registry or MARKS:
        with (
            tempfile.TemporaryDirectory(dir=QUICK) as folder,
            Server.running() if kind == "server" else nullcontext() as shelf,
        ):
            Path(folder).chmod(0o755)
            with Laboratory.open(Path(folder), shelf) as laboratory:
                lines = table(laboratory, given.every)
        wrong = wrong or any("differ" in each for each in lines)
        if given.write:
            write(kind, lines, given.every)
    return int(wrong)


def write(kind: str, lines: list[str], every: int) -> None:
    """Put a table into its place on the page."""
    begin, end = MARKS[kind]
    struck = "every moment" if every == 1 else f"one moment in {every}, from the first"
    text = "\n".join([f"Struck at {struck}:", "", *lines])
    page, found = re.subn(
        f"{re.escape(begin)}.*{re.escape(end)}",
        lambda _: f"{begin}\n\n{text}\n\n{end}",
        PAGE.read_text("utf-8"),
        flags=re.DOTALL,
    )
    assert found == 1, f"{PAGE} has no place for the table"
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
