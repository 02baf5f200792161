"""Markdown for GitHub: the summary of a step, and the one comment on a pull request. Pure.

Whatever comes from the module stands in blocks of HTML, escaped, so that none of it is Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gates.model import Level, Verdict
from gates.report.entries import (
    MARKS,
    Entry,
    baseline,
    commit,
    counts,
    digest,
    ended,
    entries,
    lacking,
    opened,
    outcome,
    place,
    ranked,
    waiver_of,
)
from gates.report.escaping import cut, markdown_html, one_line
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.report import Report

SUMMARY_BYTES = 1_000_000
"""GitHub drops a step summary of more than 1 MiB whole."""
COMMENT_BYTES = 64_000
"""A comment may have 65,536 characters, which are never more than its bytes."""
DETAIL = 4_000
MARKS_OF_LEVEL = {Level.ERROR: "✗", Level.WARNING: "!", Level.NOTE: "i"}


def summary(report: Report) -> str:
    """For `$GITHUB_STEP_SUMMARY`: every stage and as many findings as have room, with a sentence
    on those that have none."""
    return fitted(_head(report, of_step=True), _blocks(report), SUMMARY_BYTES)


def comment(report: Report) -> str:
    """For one comment that is edited in place. Its first line is a hidden marker with the module
    and a digest of verdict and findings: where both are as before, there is nothing to edit."""
    return f"{marker(report)}\n" + fitted(_head(report), _blocks(report), COMMENT_BYTES)


def marker(report: Report) -> str:
    """The first line of the comment: `<!-- axon-gates: module=SLUG digest=HEX -->`."""
    slug = re.sub(r"[^a-z0-9]+", "-", report.slug.lower()).strip("-")
    return f"<!-- axon-gates: module={slug} digest={digest(report)} -->"


def fitted(head: str, blocks: Sequence[str], most: int) -> str:
    """Head and blocks up to so many bytes, and a sentence on what was left out; each block closes
    what it opens."""
    parts, used = [head], len(head.encode())
    room = most - 300
    for number, block in enumerate(blocks):
        used += len(block.encode())
        if used > room:
            left = sum("<details>" in each for each in blocks[number:])
            parts.append(
                f"\n**This report was cut here, and {left:,} more findings did not fit;** the JSON"
                " report of the run has all of them.\n"
            )
            break
        parts.append(block)
    return "".join(parts)


def _head(report: Report, *, of_step: bool = False) -> str:
    what = markdown_html(cut(one_line(f"{report.slug or 'module'} {report.version}"), 200))
    lines = [
        f"<h2>{MARKS[report.verdict]} {what}: {ended(report)}</h2>",
        "",
        f"<p>{markdown_html(one_line(outcome(report)))}</p>",
        "",
        "<table>",
        "<tr><th>stage</th><th>verdict</th><th>what was found</th>"
        + ("<th>seconds</th>" if of_step else "")
        + "</tr>",
    ]
    for stage in report.stages:
        time = f"<td>{stage.seconds:.1f}</td>" if of_step else ""
        lines.append(
            f"<tr><td>{stage.stage}</td><td>{MARKS[stage.verdict]} {stage.verdict}</td>"
            f"<td>{markdown_html(cut(one_line(counts(stage)), 300))}</td>{time}</tr>"
        )
    lines += ["</table>", ""]
    if of_step:
        lines.append(
            f"<p>content <code>{report.digest[:12]}</code>, policy"
            f" <code>{report.policy_digest[:12]}</code>, axon-gates {report.gates_version},"
            f" {markdown_html(cut(one_line(commit(report)), 400))}</p>"
        )
    return "\n".join(lines) + "\n"


def _blocks(report: Report) -> list[str]:
    """Each a block of HTML that closes what it opens, so that the text may end after any."""
    blocks = []
    if report.verdict is Verdict.PASS and not lacking(report) and not opened(report):
        blocks.append("\nNothing was found.\n")
    if unknown := lacking(report):
        blocks.append("\n<h3>Could not be checked</h3>\n")
        for each in unknown:
            names = markdown_html(
                cut(one_line(f"{each.stage.stage} {', '.join(each.checks)}"), 300)
            )
            told = cut(each.reason, DETAIL) + (f"\nhelp: {each.hint}" if each.hint else "")
            blocks.append(details(f"? <b>{names}</b>", told))
    for level in Level:
        found = [each for each in ranked(opened(report)) if each.finding.level is level]
        if found:
            blocks.append(f"\n<h3>{plural(len(found), level.value)}</h3>\n")
            blocks += [_entry(report, each) for each in found]
    if waived := [each for each in entries(report) if each.waived and not each.baselined]:
        blocks.append("\n<h3>Waived or approved</h3>\n")
        blocks += [_entry(report, each) for each in waived]
    if held := [each for each in entries(report) if each.baselined]:
        said = markdown_html(one_line(baseline(report)))
        blocks.append(f"\n<h3>In the baseline</h3>\n\n<p>{said}</p>\n")
        blocks += [_entry(report, each) for each in held]
    return blocks


def _entry(report: Report, each: Entry) -> str:
    finding = each.finding
    where = place(report, finding)
    line = f":{finding.location.line}" if where and finding.location.line else ""
    shown = cut(one_line(f"{where}{line}" or finding.location.object or "the module"), 200)
    message = finding.message
    if each.first:
        message = f"the same fault as {each.first.check} reports there"
    head = (
        f"{MARKS_OF_LEVEL[finding.level]} <b>{markdown_html(one_line(finding.check))}</b>"
        f" <code>{markdown_html(shown)}</code> {markdown_html(cut(one_line(message), 500))}"
    )
    return details(head, "\n".join(_body(report, each)))


def _body(report: Report, each: Entry) -> Iterator[str]:
    finding, where = each.finding, each.finding.location
    if each.first:
        yield f"rule: {finding.rule or finding.check}"
        yield f"fingerprint: {finding.fingerprint}"
        return
    if len(finding.message) > 500 or "\n" in finding.message:
        yield cut(finding.message, DETAIL)
    if finding.excerpt is not None and where.line:
        yield f"{where.line} | {finding.excerpt}"
        if where.column and where.column <= len(finding.excerpt) + 1:
            pad = " " * (len(str(where.line)) + 1)
            yield f"{pad}| {' ' * (where.column - 1)}^"
    if finding.detail:
        yield cut(finding.detail.rstrip(), DETAIL)
    if finding.fix:
        yield f"fix: {cut(finding.fix, DETAIL)}"
    if each.waived and (waiver := waiver_of(finding, report.waivers)):
        yield (
            f"waived until {waiver.expires}: {waiver.reason} (asked by {waiver.owner},"
            f" approved by {waiver.approver})"
        )
    yield f"fingerprint: {finding.fingerprint}"


def details(head: str, body: str) -> str:
    """A closed piece with a heading; `body` is plain text."""
    return f"\n<details><summary>{head}</summary><pre>{markdown_html(body)}</pre></details>\n"
