"""The report as one HTML file: for a release manager, on a screen and on paper. Pure.

It asks nothing of anybody: no script, no font, no picture, no link to a server; its content
security policy lets in its own style sheet by hash, and nothing else.
"""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from gates.report import json
from gates.report.entries import MARKS, counts, ended, told
from gates.report.escaping import cut
from gates.report.html import facts, findings
from gates.report.html.document import document
from gates.report.html.element import Child, bar, code, contents, element, fact, section, table

if TYPE_CHECKING:
    from gates.report import Report

ATTACHED = 400_000
"""Bytes of the compressed JSON report up to which the page carries it."""


def render(report: Report) -> str:
    """The page. Findings take up to about 1 MB, the whole never more than 5; what did not fit is
    counted where it was left out."""
    parts = [
        stages(report),
        findings.unknown(report),
        findings.findings(report),
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
        element("header", _banner(report, what)),
        contents(sections),
        element("main", *sections, id="report", tabindex="-1"),
        _footer(report),
        skip_to="report",
    )


def _banner(report: Report, what: str) -> Element:
    verdict = report.verdict.value
    started = min((each.started for each in report.stages if each.started), default="unknown")
    passed = sum(each.verdict.value == "pass" for each in report.stages)
    return element(
        "div",
        element("h1", what),
        element("p", f"{MARKS[report.verdict]} {ended(report)}", class_=f"verdict {verdict}"),
        element(
            "dl",
            fact("stages passed", f"{passed} of {len(report.stages)} asked for"),
            fact("found", told(report)),
            fact("begun", started),
            fact("took", f"{report.seconds:.1f} s"),
            fact("content", code(report.digest[:16])),
            fact("policy", code(report.policy_digest[:16])),
            class_="facts",
        ),
        class_=f"banner {verdict}",
    )


def stages(report: Report) -> Element:
    """Every stage that was asked for, in order."""
    longest = max((each.seconds for each in report.stages), default=0.0) or 1.0
    rows: list[tuple[Child, ...]] = [
        (
            each.stage.value,
            element("span", f"{MARKS[each.verdict]} {each.verdict}", class_=f"verdict"
                    f" {each.verdict}"),
            cut(counts(each), 500),
            bar(each.seconds / longest, "calm"),
            f"{each.seconds:.1f} s",
        )
        for each in report.stages
    ]  # fmt: skip
    heads = ("stage", "verdict", "what was found", "share of time", "took")
    return section("stages", "Stages", table("Stages of this run, in order", heads, rows))


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
