"""How a pipeline ended, for people (a step summary, lines of a log) and programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gates.ci.conclude import Conclusion, Found
from gates.ci.plan import Plan
from gates.ci.sarif import left_out
from gates.model import Stage, Verdict
from gates.report.entries import MARKS
from gates.report.escaping import markdown_html, one_line, without_commands

MOST = 200
"""Modules and reasons of a summary; the report has all."""


def lines(conclusion: Conclusion, plan: Plan | None) -> str:
    """For a log: the verdict, what was left out, every reason."""
    said = [f"{MARKS[conclusion.verdict]} the pipeline ended as {conclusion.verdict}"]
    said += [f"  - {stage} was left out: {one_line(why)}" for stage, why in _skips(plan)]
    said += [
        f"  {MARKS[each.verdict]} {one_line(each.where)}: {one_line(each.message)}"
        for each in conclusion.reasons
    ]
    return without_commands("\n".join(said)) + "\n"


def summary(conclusion: Conclusion, plan: Plan | None, found: Found) -> str:
    """For a step summary: a table of modules and stages, and the reasons."""
    parts = [f"## {MARKS[conclusion.verdict]} Gates: {conclusion.verdict}", ""]
    modules = plan.modules if plan else ()
    if plan and modules:
        parts += [f"| module | {' | '.join(Stage)} |", f"|---|{'---|' * len(Stage)}"]
        parts += [_row(each, plan, found) for each in modules[:MOST]]
        if len(modules) > MOST:
            parts.append(f"\n{len(modules) - MOST} more modules are in the report.")
        parts.append("")
    if plan and (sentence := left_out(len(modules))):
        parts.append(f"- {sentence}")
    parts += [f"- {stage} was left out: {_cell(why)}" for stage, why in _skips(plan)]
    parts += [
        f"- {MARKS[each.verdict]} {_cell(each.where)}: {_cell(each.message)}"
        for each in conclusion.reasons[:MOST]
    ]
    if len(conclusion.reasons) > MOST:
        parts.append(f"- and {len(conclusion.reasons) - MOST} more")
    return "\n".join(parts).rstrip() + "\n\n"


def document(conclusion: Conclusion, plan: Plan | None, found: Found) -> str:
    """For programs: the verdict, what was left out, the reasons, and each report as it was."""
    modules = [_module(each, found) for each in (plan.modules if plan else ())]
    value = {
        "schema_version": 1,
        "verdict": conclusion.verdict.value,
        "left_out": {stage.value: why for stage, why in _skips(plan)},
        "reasons": [
            {"verdict": each.verdict.value, "where": each.where, "message": each.message}
            for each in conclusion.reasons
        ],
        "modules": modules,
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _module(module: str, found: Found) -> dict[str, object]:
    reports = [found.get((module, stage)) for stage in Stage]
    kept = [each.document for each in reports if each is not None and not isinstance(each, str)]
    return {"path": module, "reports": kept}


def _row(module: str, plan: Plan, found: Found) -> str:
    cells = []
    for stage in Stage:
        report = found.get((module, stage))
        if stage in plan.skips:
            cells.append("left out")
        elif report is None or isinstance(report, str):
            cells.append(f"{MARKS[Verdict.INCONCLUSIVE]} did not run")
        else:
            cells.append(f"{MARKS[report.verdict]} {report.verdict}")
    return f"| {_cell(module)} | {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return markdown_html(one_line(text)).replace("|", "&#124;").replace("`", "&#96;")


def _skips(plan: Plan | None) -> Iterator[tuple[Stage, str]]:
    for stage in Stage:
        if plan and stage in plan.skips:
            yield stage, plan.skips[stage]
