"""The one comment on a pull request: what it says, and whether there is anything to change. Pure.

Reports come from jobs that ran a module's code, so a member may be anything but what its name says:
whatever is shown is made a text, and escaped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gates.ci import page
from gates.ci.conclude import Conclusion, Found
from gates.ci.plan import Plan, folder_name
from gates.model import Level, Stage, Verdict
from gates.records import dataclass
from gates.report.causes import Told, standings
from gates.report.entries import MARKS
from gates.report.escaping import cut, markdown_html, one_line
from gates.report.markdown import COMMENT_BYTES, MARKS_OF_LEVEL, details, fitted

DETAIL = 2_000
_TOLD = ("check", "rule", "message")
_MARKER = re.compile(r"<!-- axon-gates: workflow=([\w-]+) digest=([0-9a-f]{16}) -->\s")


@dataclass(frozen=True)
class Posted:
    """A comment that stands on a pull request."""

    id: int
    author: str
    body: str


def comment(ended: Conclusion, plan: Plan | None, found: Found, *, workflow: str) -> str:
    """The text of the comment, in Markdown, under 65,536 characters.

    Its first line is a hidden marker: the workflow that it is of, and a digest of verdicts and
    findings. `workflow` is the name of the caller's workflow, since a repo may have several.
    """
    shown = page.summary(ended, plan, found)
    head = _marker(workflow, _digest(ended, plan, found)) + cut(shown, COMMENT_BYTES // 4)
    return fitted(head, list(_blocks(plan, found)), COMMENT_BYTES)


def broken_off(workflow: str) -> str:
    """The comment of a pipeline that left none: what an earlier run found holds no more."""
    why = (
        "The pipeline broke off, so nothing is known of this commit; the log of its jobs says why."
    )
    digest = hashlib.sha256(why.encode()).hexdigest()[:16]
    head = f"## {MARKS[Verdict.INCONCLUSIVE]} Gates: {Verdict.INCONCLUSIVE}"
    return f"{_marker(workflow, digest)}{head}\n\n{why}\n"


def find(comments: Sequence[Posted], body: str, author: str) -> Posted | None:
    """The comment that `body` is to take the place of: the first of the author with its workflow's
    marker. What anybody else wrote never counts, whatever marker it has."""
    wanted = _MARKER.match(body)
    for each in comments:
        marker = _MARKER.match(each.body) if each.author == author else None
        if wanted and marker and marker[1] == wanted[1]:
            return each
    return None


def is_same(posted: Posted, body: str) -> bool:
    """Whether verdict and findings are those of the comment that stands there."""
    there, wanted = _MARKER.match(posted.body), _MARKER.match(body)
    return bool(there and wanted and there.groups() == wanted.groups())


def _marker(workflow: str, digest: str) -> str:
    return f"<!-- axon-gates: workflow={folder_name(workflow)} digest={digest} -->\n"


def _digest(ended: Conclusion, plan: Plan | None, found: Found) -> str:
    """16 hex digits that change where a verdict, a finding or what is not known changes; times,
    and lines that moved, are no part of it."""
    left_out = [plan.modules, [stage for stage in Stage if stage in plan.skips]] if plan else []
    parts: list[object] = [ended.verdict.value, left_out]
    parts += [[each.verdict.value, each.where, each.message] for each in ended.reasons]
    for where, check in _checks(plan, found):
        parts.append([where, check.get("id"), check.get("verdict"), check.get("reason")])
        for name in ("findings", "waived", "baselined"):
            parts += [
                [name, *(each.get(key) for key in ("fingerprint", "level", "message", "fix"))]
                for each in _tables(check.get(name))
            ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _blocks(plan: Plan | None, found: Found) -> Iterator[str]:
    """Findings, the worst first and causes before what may follow from them, and what could not be
    checked; each closes what it opens."""
    ranked: dict[Level, list[str]] = {level: [] for level in Level}
    unknown = []
    told = []
    for where, check in _checks(plan, found):
        told += [(where, each) for each in _tables(check.get("findings"))]
        if check.get("verdict") == "inconclusive":
            head = f"? <b>{_shown(check.get('id'))}</b> in {_shown(where)} could not be checked"
            unknown.append(_details(head, [check.get("reason"), check.get("hint")]))
    standing = standings(
        Told(where.rpartition(" of ")[2], *(str(each.get(key)) for key in _TOLD))
        for where, each in told
    )
    for (where, each), _ in sorted(zip(told, standing, strict=True), key=lambda pair: pair[1]):
        level = next((e for e in Level if e.value == each.get("level")), Level.ERROR)
        ranked[level].append(_finding(where, each, level))
    yield from ranked.pop(Level.ERROR)
    yield from unknown
    for blocks in ranked.values():
        yield from blocks


def _finding(where: str, finding: Mapping[str, Any], level: Level) -> str:
    line = f":{finding['line']}" if isinstance(finding.get("line"), int) else ""
    path = finding.get("path")
    place = f"{path}{line}" if path else finding.get("object") or "the module"
    head = (
        f"{MARKS_OF_LEVEL[level]} <b>{_shown(finding.get('check'))}</b>"
        f" <code>{_shown(place)}</code> {_shown(finding.get('message'), 500)}"
    )
    fix = f"fix: {finding['fix']}" if finding.get("fix") else None
    return _details(head, [finding.get("detail"), fix, f"in {where}"])


def _details(head: str, texts: Sequence[object]) -> str:
    return details(head, "\n".join(cut(str(each), DETAIL) for each in texts if each))


def _shown(value: object, most: int = 200) -> str:
    return markdown_html(cut(one_line(str(value)), most))


def _checks(plan: Plan | None, found: Found) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every check that a report tells of, with its stage and module in words."""
    for module in plan.modules if plan else ():
        for stage in Stage:
            report = found.get((module, stage))
            if report is not None and not isinstance(report, str):
                for each in _tables(report.document.get("stages")):
                    yield from ((f"{stage} of {module}", e) for e in _tables(each.get("checks")))


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
