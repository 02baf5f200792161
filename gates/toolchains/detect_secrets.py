"""detect-secrets, and how its output is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.toolchains.processes import Ran, disk
from gates.toolchains.tools import Tools

CANARY = "gates-canary.txt"
_ALLOWED = (
    r"^\s*--hash=sha(?:256|384|512):[0-9a-f]+(?:\s*\\)?$",
    r'^\s*"integrity": "sha(?:512|384|256)-[A-Za-z0-9+/=]+",?$',
)
"""Digests in lock files: whole lines, so that nothing else can hide in them."""


def run(tools: Tools) -> Iterator[tuple[str, int, str, str]]:
    """What looks like a secret: path, line, kind, SHA-1 of the secret.

    A made-up key is put beside the module's files first: a scan that does not find it saw
    nothing, and is `ToolFailedError`.
    """
    module, copy = tools.session.module, tools.module_copy
    if not module.files:
        raise CouldNotCheckError("there is no file to look at")
    with disk():
        (copy / CANARY).write_text("key = AKIA" + "J5ZQ2M7XW4RT6YBN" + "\n", "utf-8")
    disabled = ("allowlist.is_line_allowlisted", "heuristic.is_lock_file")
    ran = tools.run(
        "detect-secrets",
        [
            "scan", "--all-files", "--no-verify",
            *(f"--disable-filter=detect_secrets.filters.{name}" for name in disabled),
            *(part for pattern in _ALLOWED for part in ("--exclude-lines", pattern)),
            ".",
        ],
        subjects=len(module.files),
    )  # fmt: skip
    found = parse(ran)
    if not any(path == CANARY for path, *_ in found):
        raise ToolFailedError("detect-secrets did not find the key that was put there for it")
    return (each for each in found if each[0] != CANARY)


def parse(ran: Ran) -> list[tuple[str, int, str, str]]:
    """What `detect-secrets scan` found, by path and line."""
    try:
        return sorted(
            (
                Path(path).as_posix(),
                int(each["line_number"]),
                str(each["type"]),
                str(each["hashed_secret"]),
            )
            for path, entries in ran.json()["results"].items()
            for each in entries
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolFailedError(f"detect-secrets' output is not understood: {error}") from error
