"""What the HTML report shows besides findings: coverage, contract, proofs, locks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from gates.model import Stage
from gates.report.escaping import cut
from gates.report.html.element import Child, bar, code, element, section, table
from gates.report.html.findings import waived
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.model import FileCoverage
    from gates.report import Report

ROWS = 400
"""Of one table; the number of the others stands below it."""
BUMPS = ("none", "patch", "minor", "major")
TEXT = 2_000
GOOD = 70
"""Per cent from which on a bar is drawn as enough; what is enough the policy says."""


def coverage(report: Report) -> Element | None:
    """Lines that the module's tests ran, by file, the least covered first."""
    files = sorted(report.coverage, key=lambda each: (each.percent, each.path))
    if not files:
        return None
    lines, covered = sum(each.lines for each in files), sum(each.covered for each in files)
    total = f"{100 * covered / lines:.1f} %" if lines else "no lines"
    partly = [each for each in files if each.covered < each.lines]
    fully = [each for each in files if 0 < each.lines <= each.covered]
    heads = ("file", "share", "covered", "lines")
    closed = element(
        "details",
        element("summary", f"{plural(len(fully), 'file')} of which every line ran"),
        *_table("Files of which every line ran", heads, _covered(fully)),
    )
    return section(
        "coverage",
        "Coverage",
        element("p", f"The module's tests ran {total} of the lines under src ({covered:,} of"
                f" {lines:,}), measured in this run."),
        *_table("Lines that the tests ran, the least covered file first", heads, _covered(partly)),
        closed if fully else None,
    )  # fmt: skip


def _covered(files: Sequence[FileCoverage]) -> list[tuple[Child, ...]]:
    return [
        (
            code(each.path),
            bar(each.percent / 100, "good" if each.percent >= GOOD else "poor"),
            f"{each.percent:.1f} %",
            f"{each.covered:,} of {each.lines:,}",
        )
        for each in files
    ]


def contract(report: Report) -> Element | None:
    """How this version differs from the newest stable release, and the step that it asks for."""
    if report.base is None:
        return None
    largest = max((str(each.bump) for each in report.changes), key=BUMPS.index, default="none")
    ordered = sorted(report.changes, key=lambda each: -BUMPS.index(str(each.bump)))
    rows: list[tuple[Child, ...]] = [
        (
            code(cut(each.symbol, TEXT)),
            str(each.bump),
            each.kind,
            cut(each.message, TEXT),
            code(cut(each.example, TEXT)) if each.example else "",
        )
        for each in ordered
    ]
    heads = ("what", "asks for", "is", "change", "counter-example")
    return section(
        "contract",
        "Contract",
        element("p", f"Since {report.base}: {plural(len(report.changes), 'change')}; the largest"
                f" step that one asks for is ", element("strong", largest),
                f", before the rules for 0.x and pre-releases. This is {report.version}."),
        *_table("What changed, the largest first", heads, rows),
    )  # fmt: skip


def proofs(report: Report) -> Element | None:
    """What ran on a database, and how much it looked at."""
    records = {
        (record.name, record.detail): (result, record)
        for stage in report.stages
        if stage.stage is Stage.TEST
        for result in stage.checks
        for record in result.records
        if record.version.startswith("PostgreSQL") or "proof" in record.name
    }
    if not records:
        return None
    rows: list[tuple[Child, ...]] = [
        (
            record.name,
            _verdict(result.verdict.value),
            f"{record.subjects:,}",
            cut(record.detail, TEXT),
            f"{record.seconds:.2f} s",
            record.version,
        )
        for result, record in records.values()
    ]
    rows.sort(key=lambda row: not str(row[0]).endswith("proof"))
    heads = ("proof", "its check", "looked at", "of what", "took", "on")
    return section(
        "proofs",
        "Proofs on a database",
        element("p", "Each was run on PostgreSQL in this run, not read from the code: tenants that"
                " try each other's rows, migrations that run twice, break off, and go back."),
        *_table("What ran, the proofs first", heads, rows),
    )  # fmt: skip


def locks(report: Report) -> Element | None:
    """What migrations lock and for how long, measured with rows."""
    if not report.locks:
        return None
    longest = max(each.seconds for each in report.locks) or 1.0
    rows: list[tuple[Child, ...]] = [
        (
            code(f"{each.path}:{each.line}"),
            cut(each.table, TEXT),
            each.mode,
            f"{each.blocks}" if each.released else "nobody: the table is new",
            bar(each.seconds / longest, "wait" if each.released else "calm"),
            f"{each.seconds * 1000:,.1f} ms",
        )
        for each in report.locks
    ]
    heads = ("from", "table", "lock", "keeps waiting", "beside the longest", "held for")
    most = max(each.rows for each in report.locks)
    return section(
        "locks",
        "Locks",
        element("p", f"Measured with {most:,} rows in each table; a lock lasts until its"
                " transaction ends."),
        *_table("Tables that migrations lock, and for how long", heads, rows),
    )  # fmt: skip


def approvals(report: Report) -> Element | None:
    """Who let what pass, why and until when."""
    found = waived(report)
    if not (found or report.waivers or report.approvals):
        return None
    rows: list[tuple[Child, ...]] = [
        (
            code(each.check),
            code(each.path or each.fingerprint or ""),
            cut(each.reason, TEXT),
            each.owner,
            each.approver,
            each.expires.isoformat(),
        )
        for each in report.waivers
    ]
    rows += [
        (
            code("maturity-approved"),
            each.maturity,
            "maturity of the module",
            "",
            each.approver,
            each.until.isoformat() if each.until else "no end",
        )
        for each in report.approvals
    ]
    heads = ("check", "for", "reason", "asked by", "approved by", "until")
    shown = _table("Waivers and approvals of the policy in force", heads, rows) if rows else ()
    return section("approvals", "Waivers and approvals", *shown, *found)


def evidence(report: Report) -> Element:
    """From the content to the catalog's row: what is signed, by which key."""
    by_stage = {each.stage: each for each in report.envelopes}
    signers = {", ".join(each.key_ids) or "nobody" for each in report.envelopes}
    steps = [element("li", element("strong", "content "), code(report.digest))]
    for stage in report.stages:
        envelope = by_stage.get(stage.stage.value)
        parts: list[Child] = [element("strong", f"{stage.stage} "), _verdict(stage.verdict.value)]
        if envelope is None:
            parts.append(": no evidence was written")
        else:
            parts += [": envelope ", code(envelope.sha256)]
        if envelope and len(signers) > 1:
            parts += [", signed by ", code(", ".join(envelope.key_ids) or "nobody")]
        for name, value in sorted(stage.outputs.items()):
            parts += [element("br"), f"{name.replace('_', ' ')} ", code(cut(value, TEXT))]
        steps.append(element("li", *parts))
    by = element("p", "Signed by ", code(signers.pop()), ".") if len(signers) == 1 else None
    policy = ", ".join(report.policy_files) or "the built-in standard"
    return section(
        "evidence",
        "Evidence",
        element("p", "Each stage signs what it found about this content; a release trusts nothing"
                " else. ", code("gates verify"), " checks the signatures again."),
        by,
        element("ol", *steps, class_="chain"),
        element("p", f"Policy {policy}: ", code(report.policy_digest), class_="soft"),
    )  # fmt: skip


def _table(
    caption: str, heads: tuple[str, ...], rows: Sequence[tuple[Child, ...]]
) -> tuple[Element, ...]:
    if not rows:
        return ()
    shown = table(caption, heads, list(rows[:ROWS]))
    if len(rows) <= ROWS:
        return (shown,)
    left = f"{len(rows) - ROWS:,} more rows; the JSON report has all of them."
    return shown, element("p", left, class_="more")


def _verdict(verdict: str) -> Element:
    return element("span", verdict, class_=f"verdict {verdict}")
