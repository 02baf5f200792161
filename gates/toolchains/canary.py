"""Faults that the gate puts among a module's files, for a tool to find in the same run.

A program that was emptied ends with 0 and says nothing, as does one that finds no fault: so each
run of a tool has to find a fault that is known, and to say which files it looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from gates.errors import ToolFailedError
from gates.module.parts import digest_part
from gates.records import dataclass
from gates.toolchains.problem import Problem
from gates.toolchains.processes import disk
from gates.toolchains.tools import Tools


@dataclass(frozen=True)
class Canary:
    """A line with a known fault."""

    path: str
    """As the tool's problems name the file."""
    line: int
    """From 1. Nothing of the module stands on it."""
    rule: str | None
    """The tool's own name of the rule that has to find it; None for a tool without rules."""


def canary_name(tools: Tools) -> str:
    """What the names of planted files begin with: no file can hold the digest of all files.

    It is the same in each run over equal content: tools keep what they know of a file by its name.
    """
    return f"canary_{digest_part(tools.session.module.plain, tools.part)[-32:]}"


def plant(tools: Tools, beside: str, suffix: str, text: str, rule: str | None) -> Canary:
    """Write a file with one line, which is faulty, into the check's own copy of the module.

    It lies beside a file of the module, and is neither in the module nor in its digest.
    """
    path = str(PurePosixPath(beside).with_name(canary_name(tools) + suffix))
    with disk():
        (tools.module_copy / path).write_text(f"{text}\n", "utf-8")
    return Canary(path, 1, rule)


def append(tools: Tools, path: str, text: str, rule: str) -> Canary:
    """Write one faulty line more to the end of a file in the check's own copy of the module.

    So this very file has to be looked at, and not just one beside it.
    """
    place = tools.module_copy / path
    content = place.read_bytes()
    before = b"" if content.endswith(b"\n") or not content else b"\n"
    with disk():
        place.write_bytes(content + before + text.encode() + b"\n")
    return Canary(path, (content + before).count(b"\n") + 1, rule)


def prove(
    tool: str,
    problems: Iterable[Problem],
    canaries: Sequence[Canary],
    *,
    files: Collection[str],
    seen: Collection[str],
    stopped: bool = False,
) -> Iterator[Problem]:
    """The problems of the module itself.

    `seen` are the files that the tool says it looked at; `stopped` tells that where the module has
    faults of its own, it may have ended at these before it came to others.

    Raises `ToolFailedError`, after the last problem, where a canary's fault was not found or one of
    the `files` was not looked at.
    """
    missing: dict[tuple[str, int | None], Canary] = {(c.path, c.line): c for c in canaries}
    lines = frozenset(missing)
    own = False
    for problem in problems:
        place = (problem.location.path, problem.location.line)
        if place not in lines:
            own = True
            yield problem
        elif place in missing and missing[place].rule == problem.rule:
            del missing[place]
    if missing and not (stopped and own):
        where = ", ".join(sorted(each.path for each in missing.values())[:5])
        raise ToolFailedError(f"{tool} did not find a fault that was put there for it, in {where}")
    if missed := sorted({*files} - {*seen}):
        raise ToolFailedError(f"{tool} did not look at {', '.join(missed[:5])}")
