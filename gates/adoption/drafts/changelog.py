"""Writes CHANGELOG.md, or the entry of this version."""

from __future__ import annotations

from gates.adoption.draft import Changes, Older, draft

_PATH = "CHANGELOG.md"
_HEAD = """\
# Changelog

All notable changes to this module are documented here, in the form of
[Keep a Changelog](https://keepachangelog.com/en/1.1.0/). Versions follow
[Semantic Versioning](https://semver.org/spec/v2.0.0.html).
"""


@draft(50)
def changelog(older: Older) -> Changes:
    """An entry for the version that says what was repaired; older entries stay below it."""
    version, module = str(older.manifest.get("version", "0.1.0")), older.module
    text = module.text(_PATH) if _PATH in module.files else _HEAD
    if f"[{version}]" in text:
        return {}
    entry = [f"## [{version}] - {older.today.isoformat()}", "", "### Changed", ""]
    tables = older.database.renamed
    entry += [f"- The table {old} is {new}." for old, new in sorted(tables.items())]
    entry += ["- The module follows the platform's standard."]
    head, mark, rest = text.partition("\n## ")
    return {_PATH: f"{head.rstrip()}\n\n{chr(10).join(entry)}\n{mark}{rest}".encode()}
