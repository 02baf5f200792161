"""Reports: one renderer per format, `render(report) -> str`, in a dict by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gates.model import StageResult, Verdict
from gates.report.json import render as render_json
from gates.report.text import render as render_text

__all__ = ["RENDERERS", "Report"]


@dataclass(frozen=True)
class Report:
    """Everything that a run found out, before it is rendered."""

    gates_version: str
    root: str
    slug: str
    version: str
    digest: str
    """Of the module's content, hex."""
    policy_digest: str
    policy_files: tuple[str, ...]
    stages: tuple[StageResult, ...]
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the stages."""
        return Verdict.worst(stage.verdict for stage in self.stages)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive, 4 evidence refused."""
        return 4 if any(stage.refused for stage in self.stages) else self.verdict.exit_code


RENDERERS: dict[str, Callable[[Report], str]] = {"text": render_text, "json": render_json}
"""By the name that `--output FORMAT=FILE` takes."""
