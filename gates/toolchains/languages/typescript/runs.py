"""What the gate's own reporters for vitest, jest and node:test write: one form for the three.

Lines of JSON. `{"kind": "test", "file", "name", "line", "state", "errors"}` is a test that ended,
its state one of `STATES`; `{"kind": "error", "file", "message", "stack"}` is an
error outside of every test, `file` null where it is of no file; `{"kind": "file", "file"}` a file
that was run. Other kinds are the runner's own.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gates.errors import ToolFailedError
from gates.records import dataclass, field
from gates.toolchains.problem import inside
from gates.toolchains.tests import Failure

STATES = ("passed", "failed", "skipped", "unfinished")
"""Unfinished is one that fails and is marked as to be done: no failure to node:test."""


@dataclass(frozen=True)
class Case:
    """One test that ended."""

    path: str
    name: str
    line: int | None
    state: str
    """One of `STATES`."""
    text: str = ""
    """All of its errors, each with its stack."""


@dataclass(frozen=True)
class Told:
    """All that a reporter wrote."""

    cases: list[Case] = field(default_factory=list)
    outside: list[Failure] = field(default_factory=list)
    """Errors outside of every test, or of a file that could not be loaded."""
    files: set[str] = field(default_factory=set)
    """Those that were run."""
    other: list[dict[str, Any]] = field(default_factory=list)


def parse_told(report: bytes, copy: Path, runner: str) -> Told:
    """Read what a reporter wrote. Raises `ToolFailedError` for anything else: the tests could have
    written it."""
    told = Told()
    try:
        for line in report.splitlines():
            each = json.loads(line)
            kind = each["kind"]
            if kind not in ("file", "test", "error"):
                told.other.append(each)
                continue
            path = inside(str(each["file"]), copy) or "" if each["file"] else ""
            told.files.add(path)
            if kind == "test":
                told.cases.append(_case(each, path))
            elif kind == "error":
                text = str(each["stack"] or each["message"])
                told.outside.append(place_failure(text, path, None, path or runner, copy))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"the report of {runner} is not understood: {error}") from error
    told.files.discard("")
    return told


def _case(each: dict[str, Any], path: str) -> Case:
    errors = each["errors"]
    text = "\n".join(_text(str(one["message"]), str(one["stack"])) for one in errors)
    line, state = each["line"], str(each["state"])
    if state not in STATES:
        raise ValueError(f"{state[:40]!r} is no state of a test")
    return Case(path, str(each["name"]), None if line is None else int(line), state, text)


def _text(message: str, stack: str) -> str:
    return stack if message in stack else f"{message}\n{stack}"


def place_failure(text: str, path: str, line: int | None, name: str, copy: Path) -> Failure:
    """A failure at the line of its file that its text names, or at `line`."""
    text = text.replace(f"{copy.resolve()}/", "").replace(f"{copy}/", "")
    for found in re.finditer(r"(?:file://)?([\w@./-]+\.[cm]?[jt]sx?):([0-9]{1,7}):[0-9]+", text):
        if found[1] == path:
            line = int(found[2])
            break
    return Failure(path, line, name, text.partition("\n")[0].strip(), text)
