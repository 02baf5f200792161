"""Lets SQL in the sources ask the tables by their new names."""

from __future__ import annotations

import re

from gates.adoption.draft import Changes, Older, draft

_SUFFIXES = (".py", ".ts", ".tsx", ".mts")


@draft(10)
def sources(older: Older) -> Changes:
    """The sources and tests with the new names of renamed tables behind FROM, JOIN, INTO and
    UPDATE. What names a table otherwise stays: code-sql says where."""
    names = older.database.renamed
    if not names:
        return {}
    each = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    pattern = re.compile(
        rf"(?P<before>\b(?:FROM|JOIN|INTO|UPDATE)\s+)(?:public\.)?(?P<name>{each})\b(?!\s+import|\.)",
        re.IGNORECASE,
    )
    changes = {}
    for path in older.module.files:
        if path.startswith(("src/", "tests/")) and path.endswith(_SUFFIXES):
            text = older.module.text(path)
            new = pattern.sub(lambda m: m["before"] + names[m["name"].lower()], text)
            if new != text:
                changes[path] = new.encode()
    return changes
