"""ruff under the platform's own rules, and how its output is read."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.module import Module
from gates.toolchains.canary import Canary, plant, prove
from gates.toolchains.languages.python.environment import CONFIG
from gates.toolchains.problem import Problem, inside, relative
from gates.toolchains.processes import Ran
from gates.toolchains.tools import Tools

WIDTHS = range(79, 121)
DEFAULT_WIDTH = 88

_LOOKED_AT = re.compile(r"(?:\bChecking: |\bformat_path; path=)(.+)$", re.MULTILINE)


def find_files(module: Module) -> list[str]:
    """The module's Python files, in order. Raises `CouldNotCheckError` where there is none."""
    found = sorted(path for path in module.files if path.endswith((".py", ".pyi")))
    if not found:
        raise CouldNotCheckError("there is no Python file to look at")
    return found


def find_line_width(module: Module) -> int:
    """The width of lines that the module has chosen, within 79 to 120; else ruff's own, 88.

    It is a matter of taste, and the one value that is read from a module's configuration.
    """
    for name, keys in (
        (".ruff.toml", ()),
        ("ruff.toml", ()),
        ("pyproject.toml", ("tool", "ruff")),
    ):
        if name not in module.files:
            continue
        try:
            value: Any = tomllib.loads(module.text(name))
        except (ValueError, RecursionError):
            continue
        for key in (*keys, "line-length"):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int) and value in WIDTHS:
            return value
        if keys == ():
            break
    return DEFAULT_WIDTH


def check(tools: Tools) -> Iterator[Problem]:
    """What ruff finds in the module's Python files. Raises as `prove`."""
    tools.take("code")
    files = find_files(tools.session.module)
    canary = plant(tools, files[0], ".py", "canary()", "F821")
    ran = _run(tools, ["check", "--ignore-noqa", "--output-format=json"], files, canary)
    problems = parse(ran.stdout, tools.module_copy)
    seen = find_seen(ran.stderr, tools.module_copy)
    yield from prove("ruff", problems, [canary], files=files, seen=seen)


def check_format(tools: Tools) -> Iterator[Problem]:
    """The module's Python files that ruff lays out otherwise. Raises as `prove`."""
    tools.take("code")
    files = find_files(tools.session.module)
    canary = plant(tools, files[0], ".py", "canary = [ ]", None)
    ran = _run(tools, ["format", "--diff"], files, canary)
    problems = parse_diff(ran.stdout, tools.module_copy)
    seen = find_seen(ran.stderr, tools.module_copy)
    yield from prove("ruff", problems, [canary], files=files, seen=seen)


def fix(tools: Tools) -> dict[str, bytes]:
    """The module's Python files after the fixes that ruff calls safe, those that change."""
    return _changed(tools, ["check", "--ignore-noqa", "--fix-only", "--no-unsafe-fixes"])


def fix_format(tools: Tools) -> dict[str, bytes]:
    """The module's Python files as ruff lays them out, those that change."""
    return _changed(tools, ["format"])


def _changed(tools: Tools, command: Sequence[str]) -> dict[str, bytes]:
    tools.take("code")
    files = find_files(tools.session.module)
    _run(tools, command, files)
    return tools.changed(files)


def _run(
    tools: Tools, command: Sequence[str], paths: Sequence[str], canary: Canary | None = None
) -> Ran:
    """Run a command of ruff over files of the module's copy, under the platform's configuration."""
    width = find_line_width(tools.session.module)
    settings = [f"--config={CONFIG / 'ruff.toml'}", f"--config=line-length={width}"]
    planted = [canary.path] if canary else []
    return tools.run(
        "ruff",
        [*command, "--verbose", "--no-cache", *settings, "--", *paths, *planted],
        ok=(0, 1),
        subjects=len(paths),
    )


def find_seen(log: bytes, copy: Path) -> set[str]:
    """The files of the module that `ruff --verbose` says it looked at."""
    names = _LOOKED_AT.findall(log.decode("utf-8", "replace"))
    return {path for name in names if (path := inside(name, copy)) is not None}


def parse(output: bytes, copy: Path) -> Iterator[Problem]:
    """What `ruff check --output-format json` found. Raises `ToolFailedError` for other output."""
    try:
        for entry in json.loads(output):
            place = entry["location"]
            end = entry.get("end_location") or {}
            row, column = int(place["row"]), int(place["column"])
            same = end.get("row") == row and end.get("column", 0) > column
            fix = (entry.get("fix") or {}).get("message")
            yield Problem(
                str(entry["message"]),
                Location(
                    relative(entry["filename"], copy), row, column, end["column"] if same else None
                ),
                entry["code"],
                fix or "see the rule's page",
                repaired=(entry.get("fix") or {}).get("applicability") == "safe",
            )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(f"ruff printed something that is not understood: {error}") from error


def parse_diff(output: bytes, copy: Path) -> Iterator[Problem]:
    """What `ruff format --diff` would change: the first line that changes, and the diff."""
    for part in re.split(r"^(?=--- )", output.decode("utf-8", "replace"), flags=re.MULTILINE):
        if not part.strip():
            continue
        header = re.match(r"--- (.+)\n\+\+\+ .+\n@@ -(\d+)", part)
        if header is None:
            raise ToolFailedError(f"ruff printed something that is no diff: {part[:200]}")
        line = int(header[2])
        for text in part[header.end() :].splitlines()[1:]:
            if text[:1] in ("-", "+"):
                break
            line += 1
        place = Location(relative(header[1], copy), max(line, 1))
        yield Problem("the layout is not that of ruff format", place, detail=part)
