"""Versions are strict Semantic Versioning 2.0.0."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Key, Module
from gates.module.document import show
from gates.module.model import SEMVER

_PARTS = re.compile(r"[vV=]*\s*(\d+)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?([-+].*)?", re.ASCII)


@check(Stage.LINT_MANIFEST)
def version_strict(module: Module) -> Iterator[Finding]:
    """Versions in module.json are strict Semantic Versioning 2.0.0.

    Why: versions are compared to decide who gets an upgrade; "v1.0", "1.0" and "01.0.0" compare
        differently in every library.
    Bad: "version": "v1.0", "01.2.3", "1.2.3-01", "1.2.3.4"
    Good: "version": "1.2.3", "2.0.0-rc.1", "1.2.3+build.5"
    Fix: write MAJOR.MINOR.PATCH, then -prerelease and +build where needed; no v, no leading zero.
    """
    document = module.require_manifest()
    places: list[tuple[Key, ...]] = [
        ("version",),
        ("compatibility_matrix", "min_axon_version"),
        ("compatibility_matrix", "max_axon_version"),
    ]
    breaking = document.get("breaking")
    if isinstance(breaking, list):
        places += [("breaking", index, "since") for index in range(len(breaking))]
    for place in places:
        value = document.get(*place)
        if not isinstance(value, str) or SEMVER.fullmatch(value):
            continue
        reason, proposal = _why(value)
        yield version_strict.finding(
            f"{show(value)} is no version of Semantic Versioning 2.0.0: {reason}",
            document.at(*place),
            fix=f'write "{proposal}"' if proposal else "write MAJOR.MINOR.PATCH, such as 1.4.0",
        )


def _why(value: str) -> tuple[str, str | None]:
    """What is wrong with a version, and the version that was probably meant."""
    if len(value) > 128:
        return "it is longer than 128 characters", None
    text = value.strip()
    match = _PARTS.fullmatch(text)
    proposal = None
    if match:
        numbers = [re.sub(r"^0+(?=\d)", "", part or "0") for part in match.groups()[:3]]
        numbers = ["0" if part in ("x", "*") else part for part in numbers]
        tail = re.sub(r"(?<=[-.])0+(?=\d+(?:[.+]|$))", "", match[4] or "")
        candidate = ".".join(numbers) + tail
        proposal = candidate if SEMVER.fullmatch(candidate) else None
    if not text:
        reason = "it is empty"
    elif text != value:
        reason = "it has spaces around it"
    elif text[0] in "vV=":
        reason = f"it begins with {text[0]}"
    elif match and (match[2] is None or match[3] is None):
        reason = "it needs three numbers, MAJOR.MINOR.PATCH"
    elif re.match(r"\d+\.\d+\.\d+\.\d", text):
        reason = "it has more than three numbers"
    elif match and any(part and re.match(r"0\d", part) for part in match.groups()[:3]):
        reason = "a number has a leading zero"
    elif match and match[4] and re.search(r"[-.]0\d+(?:[.+]|$)", match[4].partition("+")[0] + "+"):
        reason = "a number of the prerelease has a leading zero"
    elif re.match(r"[\^~<>*]|\d+\.(?:x|\*)", text) or " " in text:
        reason = "it is a range, and a single version is needed"
    else:
        reason = "it must be MAJOR.MINOR.PATCH, then -prerelease and +build"
    return reason, proposal
