"""Prettier in its own default style, and how its output is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.toolchains.canary import plant, prove
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tools import Tools

_LINE = re.compile(r"(?P<path>.+) \d+ms(?: \(unchanged\))?")


def run(tools: Tools, files: Sequence[str]) -> Iterator[Problem]:
    """The files that Prettier lays out otherwise, each at the first such line.

    Raises `ToolFailedError` for a file that does not parse (`tsc` says where), and as `prove`.
    """
    if not files:
        raise CouldNotCheckError("there is no file to look at")
    tools.take("code")
    program = platform_tools.platform_tool(tools, "prettier")
    canary = plant(tools, files[0], ".ts", 'canary( "" )', None)
    copy = tools.module_copy
    before = {path: (copy / path).read_bytes() for path in [*files, canary.path]}
    # Prettier names each file that it writes, and of those that it compares only the different.
    ran = tools.run(program, _arguments(tools, [*files, canary.path]), subjects=len(files))
    problems = (
        problem
        for path, data in before.items()
        if (problem := compare(path, data, (copy / path).read_bytes())) is not None
    )
    seen = parse(ran.stdout, copy)
    yield from prove("prettier", problems, [canary], files=files, seen=seen)


def fix(tools: Tools, files: Sequence[str]) -> dict[str, bytes]:
    """The files of the module as Prettier lays them out, those that change.

    Raises `ToolFailedError` for a file that does not parse.
    """
    tools.take("code")
    program = platform_tools.platform_tool(tools, "prettier")
    tools.run(program, _arguments(tools, files), subjects=len(files))
    return tools.changed(files)


def _arguments(tools: Tools, files: Sequence[str]) -> list[str]:
    nothing = tools.folder / "ignore"
    nothing.touch()
    return [
        f"--config={platform_tools.CONFIG / 'prettier.json'}", "--no-editorconfig",
        f"--ignore-path={nothing}", "--write", "--", *files,
    ]  # fmt: skip


def parse(output: bytes, copy: Path) -> set[str]:
    """The files that `prettier --write` names. Raises `ToolFailedError` for other output."""
    seen: set[str] = set()
    for line in output.decode("utf-8", "replace").split("\n"):
        if match := _LINE.fullmatch(line):
            seen.add(relative(match["path"], copy))
        elif line:
            raise ToolFailedError(f"prettier printed a line that is not understood: {line[:200]}")
    return seen


def compare(path: str, old: bytes, new: bytes) -> Problem | None:
    """What a file's new layout changes, at the first line that is another; None for nothing."""
    if old == new:
        return None
    line, wanted = find_first_difference(
        old.decode("utf-8", "replace"), new.decode("utf-8", "replace")
    )
    return Problem(
        "the layout is not Prettier's",
        Location(path, line),
        detail=f"line {line} should be: {wanted}",
    )


def find_first_difference(old: str, new: str) -> tuple[int, str]:
    """The first line (from 1) in which two texts differ, and what it is in the new one."""
    # Split as editors do: a form feed or U+2028 does not begin a new line.
    before, after = old.split("\n"), new.split("\n")
    for number, line in enumerate(before, 1):
        if number > len(after) or after[number - 1] != line:
            return number, after[number - 1] if number <= len(after) else ""
    return len(before), after[len(before)] if len(after) > len(before) else ""
