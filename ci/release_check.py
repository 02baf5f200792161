"""Fails unless a tag is that of the version of this commit, and CHANGELOG.md has its entry.

release_check.py TAG
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def problems(tag: str, package: str, changelog: str) -> list[str]:
    """Why the version cannot be released; `package` and `changelog` are texts of the files."""
    found = re.search(r'^__version__ = "([^"]+)"$', package, re.MULTILINE)
    version = found[1] if found else "unknown"
    said = []
    if tag != f"v{version}":
        said.append(f"the tag is {tag}, and the version of this commit {version}")
    if not re.search(rf"^## \[?{re.escape(version)}\b", changelog, re.MULTILINE):
        said.append(f"CHANGELOG.md has no entry of {version}")
    return said


def main() -> int:
    texts = [(ROOT / each).read_text("utf-8") for each in ("gates/__init__.py", "CHANGELOG.md")]
    found = problems(sys.argv[1], *texts)
    for each in found:
        print(f"::error title=this is no release::{each}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
