"""The first thing on the page: how the run ended, and what that asks of its reader. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from gates.report.entries import MARKS, commit, ended, outcome, told
from gates.report.html.element import code, element, fact

if TYPE_CHECKING:
    from gates.report import Report


def banner(report: Report, what: str) -> Element:
    """The verdict over `what`, the next step, and the facts that tell this run from others."""
    verdict = report.verdict.value
    started = min((each.started for each in report.stages if each.started), default="")
    passed = sum(each.verdict.value == "pass" for each in report.stages)
    begun = f"{started[:10]} {started[11:16]} UTC" if started else "unknown"
    return element(
        "div",
        element("h1", what),
        element("p", f"{MARKS[report.verdict]} {ended(report)}", class_=f"verdict {verdict}"),
        element("p", outcome(report), class_="outcome"),
        element(
            "dl",
            fact("stages passed", f"{passed} of {len(report.stages)} asked for"),
            fact("found", told(report)),
            fact("begun", begun),
            fact("took", f"{report.seconds:.1f} s"),
            fact("commit", commit(report).removeprefix("commit ")),
            fact("digest of the content", code(report.digest[:16])),
            fact("digest of the policy", code(report.policy_digest[:16])),
            class_="facts",
        ),
        class_=f"banner {verdict}",
    )
