"""What `gates run` and the stages do, once their command line was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from gates.commands.options import day, settings_of
from gates.errors import UsageError
from gates.model import Stage


def run(
    path: Path,
    stages: Sequence[Stage],
    *,
    outputs: tuple[tuple[str, Path], ...],
    quiet: bool,
    verbose: bool,
    evidence: Path | None,
    fresh: bool,
    fail_fast: bool,
    effective_time: str | None,
    only: frozenset[str] = frozenset(),
    **given: Any,
) -> NoReturn:
    """Run stages over the module in a folder, report, and exit; the others are the options of
    `gates run` by name. Raises `UsageError` for options that exclude each other."""
    from gates.commands.stages import run_and_report

    if fresh:
        given["reuse"] = "fresh"
    effective = day(effective_time) if effective_time is not None else None
    if effective is not None:
        given["reuse"] = "off"
        stages = [each for each in stages if each not in (Stage.PUBLISH, Stage.RELEASE)]
        if not stages:
            raise UsageError("publish and release are done today or not at all")

    report = run_and_report(
        path,
        stages,
        settings_of(**given),
        outputs=outputs,
        evidence=evidence,
        only=only,
        quiet=quiet,
        verbose=verbose,
        fail_fast=fail_fast,
        effective=effective,
    )
    raise SystemExit(report.exit_code)
