"""The findings of the HTML report, with their source lines, and what could not be checked. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from gates.check import stage_checks
from gates.model import Finding, Level
from gates.report.entries import (
    Entry,
    Lacking,
    baseline,
    entries,
    lacking,
    opened,
    place,
    ranked,
)
from gates.report.entries import waiver_of as find_waiver
from gates.report.escaping import cut, safe
from gates.report.html.element import code, element, markup, section
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.report import Report

BYTES = 900_000
"""Of all findings that weigh; notes and waived ones have a quarter each. With the rest the page
stays near 1 MB."""
DETAIL = 20_000
"""Characters of one finding's detail, and of one message."""


def unknown(report: Report) -> Element | None:
    """What could not be checked, None where all could."""
    found = lacking(report)
    if not found:
        return None
    intro = "What could not be checked has not passed."
    articles = [_lacking(each) for each in found[:200]]
    more = f"{len(found) - 200:,} more of these are in the JSON report." if found[200:] else None
    return section("unknown", "Could not be checked", element("p", intro), *articles, _more(more))


def _lacking(each: Lacking) -> Element:
    names = ", ".join(each.checks)
    return element(
        "article",
        element("h3", element("span", "inconclusive", class_="level unknown"), f" {names}"),
        element("p", f"stage {each.stage.stage}", class_="where"),
        element("p", cut(each.reason, DETAIL), class_="message"),
        _fix("Help", each.hint),
        class_="finding unknown",
    )


def findings(report: Report) -> Element:
    """Open findings, the worst first, as many as have room; then the number of the others."""
    found = ranked(opened(report))
    if not found:
        return section("findings", "Findings", element("p", "No check found anything."))
    weighing = [each for each in found if each.finding.level is not Level.NOTE]
    notes = found[len(weighing) :]
    counts = [
        plural(number, level.value)
        for level in (Level.ERROR, Level.WARNING)
        if (number := sum(each.finding.level is level for each in weighing))
    ]
    return section(
        "findings",
        "Findings",
        element("p", f"{', '.join(counts) or 'No errors and no warnings'}."),
        *_fitted(report, weighing, BYTES),
        _closed(plural(len(notes), "note"), _fitted(report, notes, BYTES // 4)),
    )


def waived(report: Report) -> list[Element]:
    """Findings that a waiver covers, or that were approved for their text."""
    found = [each for each in entries(report) if each.waived and not each.baselined]
    return list(_fitted(report, found, BYTES // 4))


def baselined(report: Report) -> Element | None:
    """Findings that the module's baseline holds, and how many."""
    found = [each for each in entries(report) if each.baselined]
    if not found:
        return None
    shown = _closed(plural(len(found), "finding"), _fitted(report, found, BYTES // 4))
    return section("baseline", "In the baseline", element("p", f"{baseline(report)}."), shown)


def _closed(summary: str, parts: Iterator[Element]) -> Element | None:
    shown = list(parts)
    return element("details", element("summary", summary), *shown) if shown else None


def anchor(check: str) -> str:
    """The id of the first finding that weighs of a check."""
    return f"finding-{check}"


def _fitted(report: Report, found: list[Entry], room: int) -> Iterator[Element]:
    used, seen = 0, set()
    for number, each in enumerate(found):
        made = _finding(report, each)
        used += len(markup(made).encode("utf-8", "replace"))
        if used > room:
            left = len(found) - number
            yield element(
                "p",
                f"{left:,} more did not fit on this page; the JSON report has all of them.",
                class_="more",
            )
            return
        check, weighs = each.finding.check, each.finding.level is not Level.NOTE
        if weighs and not each.waived and check not in seen:
            made.set("id", safe(anchor(check)))
            seen.add(check)
        yield made


def _finding(report: Report, each: Entry) -> Element:
    finding = each.finding
    level = "waived" if each.waived else finding.level.value
    if each.baselined:
        level = "in the baseline"
    if each.waived and finding.definition:
        level = "approved deviation"
    kind = "waived" if each.waived else finding.level.value
    rule = f" ({finding.rule})" if finding.rule else ""
    return element(
        "article",
        element("h3", element("span", level, class_=f"level {kind}"), f" {finding.check}{rule}"),
        element("p", f"stage {each.stage.stage}, ", code(_where(report, finding)), class_="where"),
        _asked(each),
        *([_same(each.first)] if each.first else _told(finding)),
        _waiver(report, each),
        class_=f"finding {kind}",
    )


def _asked(each: Entry) -> Element | None:
    """What the check asks for, as the first sentence of its page says."""
    pages = {page.id: page for page in stage_checks(each.stage.stage)}
    page = pages.get(each.finding.check)
    return element("p", page.summary, class_="asked") if page and not each.first else None


def _same(first: Finding) -> Element:
    """In place of all that another finding says of the same fault."""
    return element("p", f"the same fault as {first.check} reports there", class_="message")


def _told(finding: Finding) -> list[Element | None]:
    return [
        element("p", cut(finding.message, DETAIL), class_="message"),
        _source(finding),
        _fix("Fix", finding.fix),
        _detail(finding),
    ]


def _where(report: Report, finding: Finding) -> str:
    where = finding.location
    parts = [place(report, finding), *(str(n) for n in (where.line, where.column) if n)]
    shown = ":".join(parts) if parts[0] else ""
    both = f"{shown} ({where.object})" if shown and where.object else shown or where.object
    return cut(both or "the module as a whole", 500)


def _source(finding: Finding) -> Element | None:
    """The source line with its number; what the finding is about is marked."""
    where, line = finding.location, finding.excerpt
    if line is None or not where.line:
        return None
    number = element("span", f"{where.line}  ", class_="line")
    first = (where.column or 0) - 1
    if not 0 <= first < len(line):
        return element("pre", number, line)
    end = min((where.end_column or where.column or 0) - 1, len(line))
    end = max(end, first + 1)
    return element("pre", number, line[:first], element("mark", line[first:end]), line[end:])


def _detail(finding: Finding) -> Element | None:
    if not finding.detail:
        return None
    lines = finding.detail.rstrip().count("\n") + 1
    return element(
        "details",
        element("summary", f"Evidence, {plural(lines, 'line')}"),
        element("pre", cut(finding.detail.rstrip(), DETAIL)),
    )


def _fix(word: str, text: str | None) -> Element | None:
    if not text:
        return None
    return element("p", element("strong", f"{word}: "), cut(text, DETAIL), class_="fix")


def _waiver(report: Report, each: Entry) -> Element | None:
    waiver = find_waiver(each.finding, report.waivers) if each.waived else None
    if waiver is None:
        return element("p", f"fingerprint {each.finding.fingerprint}", class_="soft")
    return element(
        "p",
        f"{waiver.reason}: asked by {waiver.owner}, approved by {waiver.approver}, until"
        f" {waiver.expires}",
        class_="soft",
    )


def _more(text: str | None) -> Element | None:
    return element("p", text, class_="more") if text else None
