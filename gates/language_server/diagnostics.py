"""What a run found, as diagnostics of the Language Server Protocol. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gates.check import REPAIRED
from gates.model import CheckResult, Finding, Level, Verdict
from gates.report.escaping import safe

MANIFEST = "module.json"
"""Where stands what is about no file."""
_SEVERITY = {Level.ERROR: 1, Level.WARNING: 2, Level.NOTE: 3}
Diagnostic = dict[str, Any]


def diagnostics(
    results: Iterable[CheckResult], files: Mapping[str, object]
) -> dict[str, list[Diagnostic]]:
    """By path, what is to be shown in each file. A check that could not look says so: no editor
    shows a module without marks that was not looked at."""
    found: dict[str, list[Diagnostic]] = {}
    for result in results:
        for finding in result.findings:
            path = finding.location.path
            found.setdefault(path if path in files else MANIFEST, []).append(_shown(finding))
        if result.verdict is Verdict.INCONCLUSIVE:
            text = f"could not be checked: {result.reason}" + (
                f"\n{result.hint}" if result.hint else ""
            )
            found.setdefault(MANIFEST, []).append(
                _diagnostic(result.check, text, _SEVERITY[Level.WARNING], (0, 0, 1))
            )
    return found


def _shown(finding: Finding) -> Diagnostic:
    where = finding.location
    line = (where.line or 1) - 1
    start = _units(finding.excerpt, (where.column or 1) - 1)
    end = _units(finding.excerpt, where.end_column - 1) if where.end_column else start + 1
    if where.line and not where.column:
        end = _units(finding.excerpt, len(finding.excerpt or " "))
    text = "\n".join(each for each in (finding.message, finding.fix) if each)
    shown = _diagnostic(finding.check, text, _SEVERITY[finding.level], (line, start, end))
    if finding.rule:
        shown["code"] = f"{finding.check}/{safe(finding.rule)}"
    shown["data"] = {"check": finding.check, "repaired": (finding.fix or "").endswith(REPAIRED)}
    return shown


def _diagnostic(check: str, text: str, severity: int, span: tuple[int, int, int]) -> Diagnostic:
    line, start, end = span
    return {
        "range": {
            "start": {"line": line, "character": start},
            "end": {"line": line, "character": max(end, start)},
        },
        "severity": severity,
        "code": check,
        "source": "gates",
        "message": safe(text),
    }


def _units(line: str | None, characters: int) -> int:
    """A column as the protocol counts it, in units of UTF-16; the text beyond a line that was cut
    is taken for one unit a character."""
    beyond = max(0, characters - len(line or ""))
    return len((line or "")[:characters].encode("utf-16-le", "surrogatepass")) // 2 + beyond
