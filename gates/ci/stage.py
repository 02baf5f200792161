"""One job of a pipeline: a stage over the modules of its shard, and what its results come to."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gates.ci.conclude import Conclusion, Found
from gates.ci.page import document, merged_sarif
from gates.ci.plan import Plan
from gates.ci.results import Results, StageReport, read_report
from gates.ci.runner import add_summary
from gates.errors import CouldNotCheckError, GatesError
from gates.model import Stage
from gates.report.escaping import one_line, without_commands
from gates.settings import Settings

REPORT, SARIF = "pipeline.json", "pipeline.sarif"
WORST_LAST = (0, 3, 1, 4, 2)
"""Exit codes, the worst last."""
RunStage = Callable[[str, Stage, Settings, Results], int]
"""Runs a stage over a module, writes its reports among the results, and returns the exit code."""


@contextlib.contextmanager
def signing_key(text: str) -> Iterator[Path | None]:
    """A private file with the key, for as long as it is used; None where there is no key."""
    if not text.strip():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="gates-key-") as folder:
        path = Path(folder, "signing-key.pem")
        path.touch(mode=0o600)
        path.write_text(text.strip() + "\n", "ascii", errors="replace")
        yield path


def run_stage(
    stage: Stage,
    modules: Sequence[str],
    results: Results,
    *,
    key: Path | None,
    run: RunStage,
    summary: str | None,
    say: Callable[[str], object],
) -> int:
    """Run the stage over each module; the worst exit code. `summary` is the step summary's file.

    A module that cannot be run is told with `say` and keeps no other from running.
    """
    codes = []
    settings = Settings.from_environment(key=key)
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
    results: Results, ended: Conclusion, plan: Plan | None, found: Found
) -> tuple[str, str]:
    """Write the report of the whole pipeline and the SARIF of all stages; their names among the
    results. Raises `CouldNotCheckError` where a SARIF is missing or cannot be read."""
    results.root.mkdir(parents=True, exist_ok=True)
    (results.root / REPORT).write_text(document(ended, plan, found), "utf-8")
    kept = [(*each, results.read(*each, "sarif")) for each, r in found.items() if not _lacks(r)]
    try:
        (results.root / SARIF).write_text(merged_sarif(kept), "utf-8")
    except ValueError as error:
        raise CouldNotCheckError(str(error)) from error
    return REPORT, SARIF


def _report(results: Results, module: str, stage: Stage) -> StageReport | str:
    try:
        return read_report(results, module, stage)
    except CouldNotCheckError as error:
        return error.message


def _lacks(report: StageReport | str) -> bool:
    return isinstance(report, str)
