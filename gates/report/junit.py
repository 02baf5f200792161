"""JUnit XML, as CI servers read it: a suite per stage, a case per check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from gates.model import CheckResult, Finding, StageResult, Verdict
from gates.report.escaping import one_line, safe
from gates.stages import STAGES_BEFORE

if TYPE_CHECKING:
    from gates.report import Report


def render(report: Report) -> str:
    """A failed check is a failure, an inconclusive one an error, a stage that was not attempted a
    skipped case; what does not count (warnings, notes, waived findings) is the output of its case.
    """
    root = ElementTree.Element("testsuites", name=one_line(f"{report.slug} {report.version}"))
    for stage in report.stages:
        root.append(_suite(report, stage))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{report.seconds:.3f}")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _suite(report: Report, stage: StageResult) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=stage.stage.value)
    cases = [_case(report, stage, each) for each in stage.checks]
    if not cases:  # a stage without a check has looked at nothing
        empty = CheckResult(stage.stage.value, Verdict.INCONCLUSIVE, reason="nothing was checked")
        cases = [_case(report, stage, empty)]
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{stage.seconds:.3f}")
    if stage.started:
        suite.set("timestamp", stage.started.removesuffix("Z"))
    return suite


def _case(report: Report, stage: StageResult, result: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{one_line(report.slug) or 'module'}.{stage.stage.value}",
        name=one_line(result.check),
        time=f"{result.seconds:.3f}",
    )
    told = "\n\n".join(map(_told, result.findings))
    if result.check == STAGES_BEFORE:
        ElementTree.SubElement(case, "skipped", message=one_line(result.reason or ""))
    elif result.verdict is Verdict.INCONCLUSIVE:
        why = "\n".join(filter(None, (result.reason, result.hint, told)))
        message = one_line(result.reason or "inconclusive")
        error = ElementTree.SubElement(case, "error", type="inconclusive", message=message)
        error.text = safe(why)
    elif result.verdict is Verdict.FAIL:
        kind = "refused" if result.refused else "finding"
        first = result.findings[0].message if result.findings else result.reason or "failed"
        more = f" (and {len(result.findings) - 1} more)" if len(result.findings) > 1 else ""
        failure = ElementTree.SubElement(case, "failure", type=kind, message=one_line(first + more))
        failure.text = safe(told)
    elif told:
        ElementTree.SubElement(case, "system-out").text = safe(told)
    held = [f"waived: {_told(each)}" for each in result.waived]
    held += [f"in the baseline: {_told(each)}" for each in result.baselined]
    if held:
        ElementTree.SubElement(case, "system-err").text = safe("\n\n".join(held))
    return case


def _told(finding: Finding) -> str:
    lines = [f"{finding.level.value}: {finding.location}: {finding.message}"]
    lines += [f"fix: {finding.fix}"] if finding.fix else []
    lines += [finding.detail.rstrip()] if finding.detail else []
    return "\n".join(lines)
