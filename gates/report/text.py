"""The report that a person reads: the findings with carets, then the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gates.model import Finding, Level, Stage, StageResult, Verdict
from gates.report.causes import Standing
from gates.report.doubles import Places
from gates.report.entries import (
    MARKS,
    baseline,
    commit,
    counts,
    ended,
    lacking_in,
    opened,
    side_by_side,
    standings_of,
)
from gates.report.escaping import one_line, safe, without_commands
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.report import Report

Line = tuple[tuple[str, str], ...]
"""Parts of one line, each with its style: "", "dim", or "bold", a colour, or both."""

COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow"}
LEVEL_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "blue"}
DETAIL_LINES = 16
"""Of a finding's detail that are shown unless the whole is asked for; files hold all of it."""


class Told:
    """What was shown already: no finding is shown twice. `whole` shows details in full."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._shown: set[tuple[Stage, Finding]] = set()
        self._places = Places()

    def __contains__(self, found: tuple[Stage, Finding]) -> bool:
        return found in self._shown

    def tell(self, stage: Stage, finding: Finding) -> Iterator[Line]:
        """The lines of a finding, none where it was shown; one where another check has reported
        the fault at that place."""
        if (stage, finding) in self._shown:
            return
        self._shown.add((stage, finding))
        first = self._places.add(finding)
        if first is None:
            yield from _finding(stage, finding, whole=self._whole)
        else:
            rule = _rule(finding)
            yield _line(
                ("also found", "dim"),
                (f"[{stage} {finding.check}]", "dim"),
                f" {finding.location}",
                (f"{rule}, the same as {first.check} says", "dim"),
            )
        yield _line("")


def render(
    report: Report, *, colour: bool = False, notes: bool = False, told: Told | None = None
) -> str:
    """The whole report, but for what was `told`. `notes` shows findings of level note, too,
    and whole details."""
    told = told or Told(whole=notes)
    found = opened(report)
    standing = {id(e.finding): rank for e, rank in zip(found, standings_of(found), strict=True)}
    causes = [each for each in found if standing[id(each.finding)] is Standing.CAUSE]
    lines = [line for each in causes for line in told.tell(each.stage.stage, each.finding)]
    for stage in report.stages:
        lines += _stage(stage, standing, told, notes=notes)
    lines += _summary(report)
    return written(lines, colour=colour)


def written(lines: Iterable[Line], *, colour: bool) -> str:
    """Lines as a text for the terminal."""
    return without_commands("".join(f"{_joined(line, colour=colour)}\n" for line in lines))


def _joined(line: Line, *, colour: bool) -> str:
    if not colour:
        return "".join(text for text, _ in line).rstrip()
    return "".join(_styled(text, style.split()) if style else text for text, style in line)


def _styled(text: str, words: list[str]) -> str:
    import click

    colour = next((each for each in words if each not in ("bold", "dim")), None)
    bold, dim = ("bold" in words or None), ("dim" in words or None)
    return click.style(text, fg=colour, bold=bold, dim=dim)


def _line(*parts: str | tuple[str, str]) -> Line:
    styled = ((part, "") if isinstance(part, str) else part for part in parts)
    return tuple((safe(text), style) for text, style in styled)


def _stage(
    stage: StageResult, standing: Mapping[int, Standing], told: Told, *, notes: bool
) -> Iterator[Line]:
    follows = []
    for result in stage.checks:
        shown = [each for each in result.findings if notes or each.level is not Level.NOTE]
        for finding in shown:
            if standing[id(finding)] is Standing.OTHER:
                yield from told.tell(stage.stage, finding)
            elif standing[id(finding)] is Standing.FOLLOWS and (stage.stage, finding) not in told:
                follows.append(finding)
        for finding in result.waived:
            yield _line(
                ("approved deviation" if finding.definition else "waived", "dim"),
                f" [{finding.check}] {finding.location}  {finding.message}",
            )
        if old := len(result.baselined):
            yield _line(("in the baseline", "dim"), f" [{result.check}] {plural(old, 'finding')}")
    yield from _follows(stage.stage, follows)
    yield from _inconclusive(stage)


def _follows(stage: Stage, findings: Sequence[Finding]) -> Iterator[Line]:
    """A line each for what may be gone once the modules are found that the report began with."""
    if not findings:
        return
    what = plural(len(findings), "finding")
    yield _line(
        (what, "bold"), (f"[{stage}]", "dim"), " that may follow from the module that was not found"
    )
    for each in findings:
        rule = _rule(each)
        colour = LEVEL_COLOURS[each.level]
        message = one_line(each.message)
        yield _line(
            "   ",
            (each.level.value, colour),
            (f"[{each.check}]", "dim"),
            f" {each.location}  {message}",
            (rule, "dim"),
        )
    yield _line("")


def _inconclusive(stage: StageResult) -> Iterator[Line]:
    """What could not be checked; checks that lack the same thing share one paragraph."""
    for each in lacking_in(stage):
        yield _line(
            ("inconclusive", "bold yellow"),
            (f"[{stage.stage} {', '.join(each.checks)}]", "dim"),
        )
        yield _line("   ", each.reason.replace("\n", "\n   "))
        if each.hint:
            yield _line(("   help: ", "bold green"), each.hint)
        yield _line("")


def _rule(finding: Finding) -> str:
    """The tool's own name of it, where the message does not say it already (as a SQLSTATE)."""
    said = finding.rule is None or f" {finding.rule})" in finding.message
    return "" if said else f" ({finding.rule})"


def _finding(stage: Stage, finding: Finding, *, whole: bool) -> Iterator[Line]:
    colour = LEVEL_COLOURS[finding.level]
    rule = _rule(finding)
    yield _line(
        (finding.level.value, f"bold {colour}"),
        (f"[{stage} {finding.check}]", "dim"),
        " ",
        (str(finding.location), "bold"),
    )
    yield _line("   ", finding.message.replace("\n", "\n   "), (rule, "dim"))
    where = finding.location
    if finding.excerpt is not None and where.line:
        number = str(where.line)
        source = finding.excerpt.replace("\t", " ")
        yield _line((f"   {number} | ", "cyan"), source)
        if where.column and where.column <= len(source) + 1:
            end = where.end_column or where.column + 1
            carets = "^" * max(1, min(end, len(source) + 1) - where.column)
            pad = " " * (len(number) + 4)
            indent = " " * (where.column - 1)
            yield _line((f"{pad}| ", "cyan"), indent, (carets, f"bold {colour}"))
    if finding.detail:
        lines = finding.detail.rstrip().splitlines()
        # One line less is no gain where a line says that it is missing.
        most = len(lines) if whole or len(lines) <= DETAIL_LINES + 1 else DETAIL_LINES
        for line in lines[:most]:
            yield _line(("   | ", "cyan"), line)
        if left := len(lines) - most:
            yield _line(
                ("   | ", "cyan"),
                f"... {left:,} more lines: --verbose, or --output html=report.html",
            )
    if finding.fix:
        yield _line(("   fix: ", "bold green"), finding.fix.replace("\n", "\n        "))


def _summary(report: Report) -> Iterator[Line]:
    what = f"{report.slug or report.root} {report.version}".strip()
    yield _line(
        (what, "bold"), f"  content {report.digest[:12]}  policy {report.policy_digest[:12]}"
    )
    yield _line("  ", commit(report))
    if held := baseline(report):
        yield _line("  ", held)
    width = max((len(stage.stage) for stage in report.stages), default=0)
    for stage in report.stages:
        colour = COLOURS[stage.verdict]
        yield _line(
            "  ",
            (f"{MARKS[stage.verdict]} {stage.stage:<{width}}  {stage.verdict.value:<12}", colour),
            f"  {counts(stage):<44}",
            (f"{stage.seconds:6.1f} s", "dim"),
        )
    verdict = report.verdict
    row = next((s.outputs["row"] for s in report.stages if "row" in s.outputs), "")
    yield _line(
        (f"{MARKS[verdict]} {ended(report)}", f"bold {COLOURS[verdict]}"),
        f" in {report.seconds:.1f} s{side_by_side(report)}"
        + (f"; catalog row {row}" if row else ""),
    )
