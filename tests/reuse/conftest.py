"""One run after the other over one module, with the kept results of this installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gates.model import CheckResult, Stage
from gates.pipeline import run_pipeline
from gates.report import Report
from gates.settings import Settings

DAY = date(2026, 11, 24)


@dataclass
class Runs:
    """A module, and the settings that it is run with."""

    path: Path
    settings: Settings

    def run(self, *stages: Stage, **changes: Any) -> Report:
        """One run, of lint-manifest unless told; `changes` are members of the settings."""
        settings = replace(self.settings, **changes)
        return run_pipeline(self.path, stages or (Stage.LINT_MANIFEST,), settings, today=DAY)

    def ran(self, *stages: Stage, **changes: Any) -> set[str]:
        """The checks of one run that were not answered from what is kept."""
        return {each.check for each in checks_of(self.run(*stages, **changes)) if not each.reused}

    @property
    def kept(self) -> Path:
        """The folder of the kept results."""
        return self.settings.cache / "results"

    @property
    def together(self) -> list[Path]:
        """The files that hold what runs rested on."""
        return sorted(self.kept.glob("*/*/together.dsse.json"))

    def entries(self, check: str) -> list[Path]:
        """The kept results of a check, which count one by one from now on."""
        for each in self.together:
            each.unlink()
        return sorted(self.kept.glob(f"*/*/{check}/*.dsse.json"))


def checks_of(report: Report) -> list[CheckResult]:
    """The results of all checks of a run."""
    return [check for stage in report.stages for check in stage.checks]


@pytest.fixture
def runs(make_module: Callable[..., Path], settings: Settings, folder: Path) -> Runs:
    """A module that has run once, with a cache of its own."""
    made = Runs(make_module("python"), replace(settings, cache=folder / "cache"))
    made.run()
    return made
