"""What `gates cost --json` prints, version 1; its schema is schemas/cost.v1.schema.json."""

from __future__ import annotations

import json
from typing import Any

from gates.database.proofs.locks.growth import Growth
from gates.database.proofs.locks.measure import growths, window_growth
from gates.database.proofs.locks.observed_locks import HeldLock
from gates.report.cost import CostReport

SCHEMA = "https://schemas.axon.dev/cost.v1.schema.json"


def render(report: CostReport) -> str:
    """The report for programs; durations in seconds, lines from 1."""
    steps = growths(report.sizes)
    files = []
    for file in report.largest.files:
        rows = [
            {
                "line": step.at.line, "column": step.at.column, "statement": step.text,
                "transaction": step.transaction, **_growth(steps[file.path, number]),
                "locks": [_lock(lock) for lock in step.acquired],
                "effects": [
                    {
                        "table": effect.label, "rows": effect.rows, "read": effect.read,
                        "written": effect.written, "rewritten": effect.rewritten,
                        "emptied": effect.emptied, "built": list(effect.built),
                    }
                    for effect in step.effects
                ],
            }
            for number, step in enumerate(file.observed.steps)
        ]  # fmt: skip
        waits = [
            {
                "table": window.label, "mode": str(window.mode), "blocks": window.mode.blocks,
                "from_line": window.steps[0].at.line, "released": window.table in
                report.largest.released, **_growth(window_growth(file, window, steps)),
            }
            for window in file.windows
        ]  # fmt: skip
        files.append(
            {
                "path": file.path,
                "released": file.path in report.released,
                "in_transaction": file.observed.in_transaction,
                "seconds": round(file.observed.seconds, 6),
                "statements": rows,
                "held": waits,
            }
        )
    problems = [
        {
            "path": each.at.path, "line": each.at.line, "column": each.at.column,
            "level": each.level.value, "message": each.message, "fix": each.fix,
        }
        for each in report.problems
    ]  # fmt: skip
    document = {
        "$schema": SCHEMA,
        "schema_version": 1,
        "rows": [each.rows for each in report.sizes],
        "files": files,
        "problems": problems,
        "unfilled": sorted(report.largest.unfilled.values()),
        "unknown": report.unknown,
    }
    return json.dumps(document, indent=2) + "\n"


def _lock(lock: HeldLock) -> dict[str, Any]:
    return {"relation": lock.label, "mode": str(lock.mode), "blocks": lock.mode.blocks}


def _growth(growth: Growth) -> dict[str, Any]:
    return {
        "seconds": round(growth.seconds, 6),
        "growth": growth.shape,
        "seconds_at_million": round(growth.at_target, 3),
        "at_most": growth.bound,
    }
