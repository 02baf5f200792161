"""Annotations of a GitHub run, as workflow commands on standard output. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.model import Level
from gates.report.entries import ended, lacking, opened, place, ranked
from gates.report.escaping import cut, one_line, safe

if TYPE_CHECKING:
    from gates.report import Report

MOST = 10
"""Annotations of one level that GitHub keeps of a step; what is over is dropped without a word."""
MESSAGE = 2000
TITLE = 200
COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(report: Report) -> str:
    """A line for each annotation, at most ten a level, the worst first; where there are more, the
    tenth says how many. Paths are relative to the repository. Nothing found is no line."""
    levels: dict[Level, list[str]] = {level: [] for level in Level}
    for missing in lacking(report):
        title = f"inconclusive: {missing.stage.stage} {', '.join(missing.checks)}"
        levels[Level.ERROR].append(_command("error", title, _joined(missing.reason, missing.hint)))
    for each in ranked(opened(report)):
        finding, where = each.finding, each.finding.location
        properties: dict[str, str] = {}
        if path := place(report, finding):
            properties["file"] = path
            if where.line:
                properties["line"] = str(where.line)
                if where.column:
                    properties["col"] = str(where.column)
                if where.column and where.end_column and where.end_column > where.column:
                    properties["endColumn"] = str(where.end_column - 1)
        levels[finding.level].append(
            _command(
                COMMANDS[finding.level],
                f"{each.stage.stage} {finding.check}",
                _joined(finding.message, finding.fix),
                properties,
            )
        )
    lines = [line for level, found in levels.items() for line in _bounded(report, level, found)]
    return "".join(f"{line}\n" for line in lines)


def _bounded(report: Report, level: Level, found: list[str]) -> Iterator[str]:
    if len(found) <= MOST:
        yield from found
        return
    yield from found[: MOST - 1]
    more = len(found) - MOST + 1
    what = f"+{more} more of this level; the other reports of the run have all of them"
    yield _command(COMMANDS[level], f"{report.slug}: {ended(report)}", what)


def _joined(message: str, fix: str | None) -> str:
    return f"{message}\nFix: {fix}" if fix else message


def _command(name: str, title: str, message: str, properties: dict[str, str] | None = None) -> str:
    """One workflow command; what has a meaning in it is escaped as the runner's toolkit does."""
    given = {**(properties or {}), "title": cut(title, TITLE)}
    listed = ",".join(f"{key}={_property(value)}" for key, value in given.items())
    return f"::{name} {listed}::{_data(cut(message, MESSAGE))}"


def _data(text: str) -> str:
    return safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
