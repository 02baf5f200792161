"""Reports: one renderer per format, `render(report) -> str`, in a dict by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from gates.model import StageResult, Verdict
from gates.records import dataclass

if TYPE_CHECKING:
    from gates.contract.model import Change
    from gates.model import FileCoverage, LockSpan
    from gates.settings import Approval, Waiver

__all__ = ["FORMATS", "Envelope", "Format", "Report"]


@dataclass(frozen=True)
class Envelope:
    """One signed piece of evidence of this run, as it was written."""

    stage: str
    sha256: str
    """Of the envelope's bytes, hex."""
    key_ids: tuple[str, ...]


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
    folder: str = ""
    """The module's folder relative to the repository that holds it, with forward slashes; "" for
    the repository's own, and where there is none."""
    commit: str = ""
    """The object id of the commit that the module stands on, hex; "" where that is not known."""
    tree: str = ""
    """"clean", or which of the module's files are not in that commit, in words."""
    waivers: tuple[Waiver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """Of this module, from the policy."""
    coverage: tuple[FileCoverage, ...] = ()
    base: str | None = None
    """The released version that the contract was compared with; None where there was none."""
    changes: tuple[Change, ...] = ()
    """How the contract differs from that version, as far as checks of this run have compared."""
    locks: tuple[LockSpan, ...] = ()
    envelopes: tuple[Envelope, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the stages."""
        return Verdict.worst(stage.verdict for stage in self.stages)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive, 4 evidence refused."""
        return 4 if any(stage.refused for stage in self.stages) else self.verdict.exit_code


@dataclass(frozen=True)
class Format:
    """One form of a report."""

    summary: str
    """What it is for, in a few words: the help and the pages are made from it."""
    place: str
    """Where its renderer is below this package, as module and function: `markdown:comment`. It is
    imported when it is used, since every start of the command knows all formats."""

    def render(self, report: Report) -> str:
        """The report in this form."""
        module, _, function = self.place.partition(":")
        found = importlib.import_module(f"{__name__}.{module}")
        renderer: Callable[[Report], str] = getattr(found, function)
        return renderer(report)


FORMATS: dict[str, Format] = {
    "text": Format("what a terminal shows", "text:render"),
    "json": Format("for programs, by schemas/report.v1.schema.json", "json:render"),
    "sarif": Format("SARIF 2.1.0, for code scanning", "sarif:render"),
    "junit": Format("JUnit XML: a suite per stage, a case per check", "junit:render"),
    "github": Format("annotations, as workflow commands of a GitHub runner", "github:render"),
    "summary": Format("Markdown for a step summary, under 1 MiB", "markdown:summary"),
    "markdown": Format("Markdown for one comment on a pull request", "markdown:comment"),
    "html": Format("one file for a browser and for paper, without scripts", "html:render"),
}
"""By the name that `--output FORMAT=FILE` takes."""
