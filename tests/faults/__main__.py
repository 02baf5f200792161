"""Faults at every step of publish and release: `python -m tests.faults [--write]`.

`--write` puts the table into docs/security.md. It takes some minutes.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from tests.faults.faults import FAULTS, Fault
from tests.faults.trial import QUICK, STAGES, Laboratory

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
MARKS = "<!-- faults: `python -m tests.faults --write` -->", "<!-- end of faults -->"


def cell(laboratory: Laboratory, stage: str, step: str, fault: Fault) -> str:
    """How the step ended at all of its moments, for the table."""
    cases = laboratory.cases(stage, step, fault)
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    lines = [
        f"| step | {' | '.join(each.name for each in FAULTS)} |",
        "|---|" + "---|" * len(FAULTS),
    ]
    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        Path(folder).chmod(0o755)
        with Laboratory.open(Path(folder)) as laboratory:
            for stage in STAGES:
                for step in laboratory.moments[stage]:
                    cells = [cell(laboratory, stage, step, each) for each in FAULTS]
                    lines.append(f"| {stage}: {step} | {' | '.join(cells)} |")
                    sys.stdout.write(f"{lines[-1]}\n")
                    sys.stdout.flush()
    if given.write:
        begin, end = MARKS
        table = "\n".join(lines)
        page, found = re.subn(
            f"{re.escape(begin)}.*{re.escape(end)}",
            lambda _: f"{begin}\n\n{table}\n\n{end}",
            PAGE.read_text("utf-8"),
            flags=re.DOTALL,
        )
        assert found == 1, f"{PAGE} has no place for the table"
        PAGE.write_text(page, "utf-8")
    return int(any("differ" in each for each in lines))


if __name__ == "__main__":
    raise SystemExit(main())
