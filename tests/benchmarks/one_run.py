"""The database proofs of one module in a process of their own: `python one_run.py MODULE [CHECK]`.

Prints JSON: the seconds of the run, of each check, and of each proof as it was recorded. With the
id of a check, that check alone, on a database that is there.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path

STARTED = time.perf_counter()


def main(root: Path, only: str = "") -> int:
    from gates.check import stage_checks
    from gates.model import Stage, Verdict
    from gates.module import load
    from gates.needs import Needs
    from gates.settings import Policy, Settings
    from gates.stages import run_stages

    checks = tuple(
        each
        for each in stage_checks(Stage.TEST)
        if "database" in each.needs and only in ("", each.id)
    )
    needs = Needs(load(root), Policy(), Settings.from_environment(), today=date(2026, 11, 24))
    if only:
        needs.database().applied  # noqa: B018 - not of the check
    imported = time.perf_counter()
    try:
        (result,) = run_stages({Stage.TEST: checks}, needs)
    finally:
        needs.close()
    told = {
        "imports": imported - STARTED,
        "run": time.perf_counter() - imported,
        "checks": {each.check: each.seconds for each in result.checks},
        "proofs": {
            record.name: record.seconds for each in result.checks for record in each.records
        },
    }
    sys.stdout.write(json.dumps(told))
    failed = [each for each in result.checks if each.verdict is not Verdict.PASS]
    for each in failed:
        sys.stderr.write(f"{each.check}: {each.reason or [f.message for f in each.findings]}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), *sys.argv[2:]))
