"""CHANGELOG.md has an entry for the version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.module.model import SEMVER

_HEADING = re.compile(
    r"(#{1,3})[ \t]+\[?v?([^\]\s(]+)\]?(?:\([^)]*\))?[ \t]*[-–—:]?[ \t]*\(?([^)\s]*)\)?.*"
)
_ENTRY = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+\S", re.MULTILINE)


@check(Stage.LINT_MANIFEST)
def changelog_has_version(module: Module) -> Iterator[Finding]:
    """CHANGELOG.md has an entry for the version that module.json names.

    Why: the entry is shown to tenants before they upgrade, and stored with the release.
    Bad: "version": "1.2.0" while the newest heading is ## [1.1.0]
    Good: ## [1.2.0] - 2026-03-01, with ### Added, ### Changed, ### Fixed and what they hold
    Fix: add a section in the form of keepachangelog.com for the version, with its date.
    """
    if "CHANGELOG.md" not in module.files or not module.version:
        return
    lines = module.lines("CHANGELOG.md")
    headings = list(_headings(lines))
    mine = [each for each in headings if each[1] == module.version]
    if not mine:
        yield changelog_has_version.finding(
            f"there is no entry for version {module.version}",
            Location("CHANGELOG.md", headings[0][0] if headings else 1, 1),
            fix=f"add ## [{module.version}] - YYYY-MM-DD and what is new for users",
            repaired=unreleased(module) is not None,
        )
        return
    for number, _, _ in mine[1:]:
        yield changelog_has_version.finding(
            f"version {module.version} has a second entry; the first is on line {mine[0][0]}",
            Location("CHANGELOG.md", number, 1),
            fix="make one entry of the two",
        )
    number, _, day = mine[0]
    later = [each[0] for each in headings if each[0] > number]
    body = "\n".join(lines[number : later[0] - 1 if later else len(lines)])
    at = Location("CHANGELOG.md", number, 1, len(lines[number - 1]) + 1)
    if not _ENTRY.search(body):
        yield changelog_has_version.finding(
            f"the entry for version {module.version} is empty",
            at,
            fix="say what is new for users, as a list under ### Added, ### Changed or ### Fixed",
        )
    if not _is_date(day):
        shown = f"{day!r}, which is no date" if day else "no date"
        yield changelog_has_version.finding(
            f"the entry for version {module.version} has {shown}",
            at,
            fix=f"write ## [{module.version}] - YYYY-MM-DD",
            repaired=not day,
        )


def unreleased(module: Module) -> int | None:
    """The line of the heading Unreleased that has entries, where the version has none of its own.

    None as well for a version that the text names in another heading.
    """
    lines = module.lines("CHANGELOG.md")
    headings = list(_headings(lines))
    found = [n for n, (_, name, _) in enumerate(headings) if name.lower() == "unreleased"]
    if len(found) != 1 or any(name == module.version for _, name, _ in headings):
        return None
    number = headings[found[0]][0]
    end = next((each[0] for each in headings if each[0] > number), len(lines) + 1)
    return number if _ENTRY.search("\n".join(lines[number : end - 1])) else None


def dateless(module: Module) -> int | None:
    """The line of the version's heading, where that has no date."""
    headings = _headings(module.lines("CHANGELOG.md"))
    mine = [(number, day) for number, name, day in headings if name == module.version]
    return mine[0][0] if mine and not mine[0][1] else None


def _headings(lines: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Line, version and date of each section; what stands in code fences is none."""
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence):
            fence = ""
        elif (
            not fence
            and (match := _HEADING.fullmatch(line[:300]))
            and (match[1] == "##" or SEMVER.fullmatch(match[2]))
        ):
            yield number, match[2], match[3]


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False
