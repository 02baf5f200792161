"""Prettier in its own default style, and how its output is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.problem import relative
from gates.toolchains.tools import Tools

SHOWN = 20
"""For so many files the first line that is laid out otherwise is looked up."""


def run(tools: Tools, files: Sequence[str]) -> Iterator[tuple[str, int | None, str | None]]:
    """The files that are laid out otherwise, each with the first such line and what it should be.

    Raises `ToolFailedError` for a file that does not parse: `tsc` says where.
    """
    if not files:
        raise CouldNotCheckError("there is no file to look at")
    program = platform_tools.platform_tool(tools, "prettier")
    nothing = tools.folder / "ignore"
    nothing.touch()
    flags = [
        f"--config={platform_tools.CONFIG / 'prettier.json'}", "--no-editorconfig",
        f"--ignore-path={nothing}",
    ]  # fmt: skip
    ran = tools.run(
        program, [*flags, "--list-different", "--", *files], ok=(0, 1), subjects=len(files)
    )
    different = parse(ran.stdout, tools.module_copy)
    if bool(different) != bool(ran.exit_status):
        raise ToolFailedError(f"prettier ended with status {ran.exit_status} and said: {ran.end()}")
    for path in different[SHOWN:]:
        yield path, None, None
    for path in different[:SHOWN]:
        formatted = tools.run(program, [*flags, "--", path], subjects=1).stdout.decode("utf-8")
        yield path, *find_first_difference(tools.session.module.text(path), formatted)


def parse(output: bytes, copy: Path) -> list[str]:
    """The files that `prettier --list-different` names, in order."""
    return sorted(
        relative(line, copy) for line in output.decode("utf-8", "replace").splitlines() if line
    )


def find_first_difference(old: str, new: str) -> tuple[int, str]:
    """The first line (from 1) in which two texts differ, and what it is in the new one."""
    # Split as editors do: a form feed or U+2028 does not begin a new line.
    before, after = old.split("\n"), new.split("\n")
    for number, line in enumerate(before, 1):
        if number > len(after) or after[number - 1] != line:
            return number, after[number - 1] if number <= len(after) else ""
    return len(before), after[len(before)] if len(after) > len(before) else ""
