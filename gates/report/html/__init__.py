"""The report as one HTML file: for a release manager, on a screen and on paper. Pure.

It asks nothing of anybody: no script, no font, no picture, no link to a server; its content
security policy lets in its own style sheet by hash, and nothing else.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Collection
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from gates.model import Verdict
from gates.report import json
from gates.report.entries import MARKS, counts, ended
from gates.report.escaping import cut
from gates.report.html import facts, findings
from gates.report.html.banner import banner
from gates.report.html.document import document
from gates.report.html.element import Child, bar, code, contents, element, section, table

if TYPE_CHECKING:
    from gates.model import StageResult
    from gates.report import Report

ATTACHED = 400_000
"""Bytes of the compressed JSON report up to which the page carries it."""
MOST_FAILED = 20
"""Checks of a stage that are named beside it."""


def render(report: Report) -> str:
    """The page. Findings take up to about 1 MB, the whole never more than 5; what did not fit is
    counted where it was left out."""
    found = findings.findings(report)
    parts = [
        stages(report, {each.get("id", "") for each in found.iter("article")}),
        findings.unknown(report),
        found,
        findings.baselined(report),
        facts.coverage(report),
        facts.contract(report),
        facts.proofs(report),
        facts.locks(report),
        facts.approvals(report),
        facts.evidence(report),
        checks(report),
    ]
    sections = [each for each in parts if each is not None]
    what = cut(f"{report.slug or 'module'} {report.version}".strip(), 200)
    return document(
        f"{what}: {ended(report)}",
        element("header", banner(report, what)),
        contents(sections),
        element("main", *sections, id="report", tabindex="-1"),
        _footer(report),
        skip_to="report",
    )


def stages(report: Report, shown: Collection[str] = ()) -> Element:
    """Every stage that was asked for, in order, with the checks that failed; `shown` are the ids
    of findings on the page, which those lead to."""
    longest = max((each.seconds for each in report.stages), default=0.0) or 1.0
    rows: list[tuple[Child, ...]] = [
        (
            each.stage.value,
            element("span", f"{MARKS[each.verdict]} {each.verdict}", class_=f"verdict"
                    f" {each.verdict}"),
            element("div", cut(counts(each), 500), _failed(each, shown)),
            bar(each.seconds / longest, "calm"),
            f"{each.seconds:.1f} s",
        )
        for each in report.stages
    ]  # fmt: skip
    heads = ("stage", "verdict", "what was found", "beside the longest", "took")
    return section("stages", "Stages", table("Stages of this run, in order", heads, rows))


def _failed(stage: StageResult, shown: Collection[str]) -> Element | None:
    names = [each.check for each in stage.checks if each.verdict is Verdict.FAIL]
    if not names:
        return None
    parts: list[Child] = []
    for name in names[:MOST_FAILED]:
        to = findings.anchor(name)
        named = element("a", name, href=f"#{to}") if to in shown else element("span", name)
        parts += [named, ", "]
    more = f"and {len(names) - MOST_FAILED} more" if names[MOST_FAILED:] else None
    return element("div", *(parts if more else parts[:-1]), more, class_="failed")


def checks(report: Report) -> Element:
    """Every check by stage, closed: passes are numbers until somebody asks."""
    made = []
    for stage in report.stages:
        passed = sum(each.verdict.value == "pass" for each in stage.checks)
        rows: list[tuple[Child, ...]] = [
            (
                code(each.check),
                element("span", each.verdict.value, class_=f"verdict {each.verdict}"),
                cut("; ".join(f"{r.name} {r.version}".strip() for r in each.records[:8]), 500),
                f"{each.seconds:.2f} s",
            )
            for each in stage.checks[:1000]
        ]
        heads = ("check", "verdict", "what ran", "took")
        made.append(
            element(
                "details",
                element("summary", f"{stage.stage}: {passed} of {len(stage.checks)} passed"),
                table(f"Checks of {stage.stage}", heads, rows),
            )
        )
    return section("checks", "All checks", *made)


def _footer(report: Report) -> Element:
    data = gzip.compress(json.render(report).encode("utf-8", "replace"), mtime=0)
    attached: Child = None
    if len(data) <= ATTACHED:
        attached = element(
            "p",
            element(
                "a",
                "The whole report as JSON (gzip)",
                download="report.json.gz",
                href=f"data:application/gzip;base64,{base64.b64encode(data).decode()}",
            ),
            class_="screen",
        )
    return element("footer", element("p", f"Made by axon-gates {report.gates_version}."), attached)
