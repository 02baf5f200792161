"""Fails unless every job that is named succeeded: one that was skipped or cancelled did not.

all_passed.py JOB...    with toJSON(needs) in the variable NEEDS
"""

from __future__ import annotations

import json
import os
import sys


def main() -> int:
    needs = json.loads(os.environ["NEEDS"])
    wanted = {*sys.argv[1:], *needs}
    results = {job: needs.get(job, {}).get("result", "missing") for job in sorted(wanted)}
    for job, result in results.items():
        print(f"{job}: {result}")
    return 0 if results and set(results.values()) == {"success"} else 1


if __name__ == "__main__":
    raise SystemExit(main())
