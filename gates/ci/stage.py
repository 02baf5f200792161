"""One job of a pipeline: a stage over the modules of its shard, and what its results come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gates.ci.comment import comment
from gates.ci.conclude import Conclusion, Found
from gates.ci.page import document
from gates.ci.plan import CHECKING, Plan
from gates.ci.results import Results, StageReport, read_report
from gates.ci.runner import add_summary
from gates.ci.sarif import merged_sarif
from gates.errors import CouldNotCheckError, GatesError
from gates.model import Stage
from gates.report.escaping import one_line, without_commands
from gates.settings import Settings

REPORT, SARIF, COMMENT = "pipeline.json", "pipeline.sarif", "comment.md"
WORST_LAST = (0, 3, 1, 4, 2)
"""Exit codes, the worst last."""
RunStage = Callable[[str, Stage, Settings, Results], int]
"""Runs a stage over a module, writes its reports among the results, and returns the exit code."""


def run_stage(
    stage: Stage,
    modules: Sequence[str],
    results: Results,
    *,
    settings: Settings,
    run: RunStage,
    summary: str | None,
    say: Callable[[str], object],
) -> int:
    """Run the stage over each module; the worst exit code. `summary` is the step summary's file.

    A module that cannot be run is told with `say` and keeps no other from running.
    """
    codes = []
    for module in modules:
        try:
            codes.append(run(module, stage, settings, results))
            text = results.read(module, stage, "summary").decode("utf-8", "replace")
            add_summary(summary, text.rstrip() + "\n\n")
        except GatesError as error:
            codes.append(error.exit_code)
            say(without_commands(f"gates: {one_line(module)}: {error.message}\n"))
            if error.hint:
                say(without_commands(f"  help: {error.hint}\n"))
    return max(codes, key=WORST_LAST.index, default=3)


def collect(results: Results, plan: Plan | None) -> Found:
    """The report of each module and stage that had to run, or why there is none."""
    if plan is None:
        return {}
    wanted = [(m, stage) for m in plan.modules for stage in Stage if stage not in plan.skips]
    return {each: _report(results, *each) for each in wanted}


def write_reports(
    results: Results, ended: Conclusion, plan: Plan | None, found: Found, *, workflow: str
) -> tuple[str, str]:
    """Write the report of the whole pipeline, the SARIF of all stages, and then the comment for a
    pull request; the names of the first two among the results. Raises `CouldNotCheckError` where a
    SARIF is missing or cannot be read."""
    results.root.mkdir(parents=True, exist_ok=True)
    (results.root / REPORT).write_text(document(ended, plan, found), "utf-8")
    # An upload without what a stage would find would close its alerts, as if it had passed.
    broken = {m for (m, stage), r in found.items() if _lacks(r) and stage in CHECKING}
    there = [each for each, r in found.items() if not _lacks(r) and each[0] not in broken]
    kept = [(*each, results.read(*each, "sarif")) for each in there]
    try:
        (results.root / SARIF).write_text(merged_sarif(kept), "utf-8")
    except ValueError as error:
        raise CouldNotCheckError(str(error)) from error
    said = comment(ended, plan, found, workflow=workflow)
    (results.root / COMMENT).write_text(said, "utf-8")
    return REPORT, SARIF


def _report(results: Results, module: str, stage: Stage) -> StageReport | str:
    try:
        return read_report(results, module, stage)
    except CouldNotCheckError as error:
        return error.message


def _lacks(report: StageReport | str) -> bool:
    return isinstance(report, str)
