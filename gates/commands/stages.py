"""Runs stages over one module and writes its reports: what every command that runs stages does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

from gates.commands.ending import echo
from gates.commands.options import wants_colour
from gates.commands.outputs import STANDARD_OUTPUT, prepare, write
from gates.model import Stage
from gates.progress import Progress, Several
from gates.report import Report
from gates.report.progress import TerminalProgress
from gates.report.stream import FindingsAsTheyCome
from gates.settings import Settings


def run_and_report(
    path: Path,
    stages: Sequence[Stage],
    settings: Settings,
    *,
    outputs: Sequence[tuple[str, Path]],
    evidence: Path | None,
    only: frozenset[str] = frozenset(),
    quiet: bool = False,
    verbose: bool = False,
    fail_fast: bool = False,
    effective: date | None = None,
) -> Report:
    """Run the stages, write each report that is asked for, and the text where none is standard
    output; as of the day `effective`, without evidence then. Raises what `run_pipeline` and `write`
    raise; an interrupted run writes what it knows.
    """
    from gates.pipeline import InterruptedRun, run_pipeline

    prepare(outputs)
    output = sys.stdout  # what shows a live line puts another in its place
    progress = TerminalProgress(colour=wants_colour(sys.stderr), verbose=verbose)
    found = FindingsAsTheyCome(
        lambda text: progress.apart(lambda: echo(text, output)),
        at_once=output.isatty(),
        colour=wants_colour(output),
        notes=verbose,
    )
    told: list[Progress] = [] if quiet else [progress]
    if all(file != STANDARD_OUTPUT for _, file in outputs):
        told.append(found)
    try:
        with nullcontext() if quiet else progress:
            report = run_pipeline(
                path,
                stages,
                settings,
                today=effective or datetime.now(UTC).date(),
                evidence=evidence,
                only=only,
                progress=Several(told),
                fail_fast=fail_fast,
                writes=effective is None,
            )
    except InterruptedRun as interrupted:
        write([each for each in outputs if each[1] != STANDARD_OUTPUT], interrupted.report)
        raise
    if not write(outputs, report):
        echo(found.rest(report), output)
    return report
