"""ESLint under the platform's own rules, and how its output is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.toolchains.canary import plant, prove
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.compiler import PROJECT, write_project
from gates.toolchains.problem import Problem, relative
from gates.toolchains.tools import Tools

FAULT = ('eval("canary"); export {};', "no-eval")
TYPED_FAULT = (
    'Promise.resolve("canary"); export {};',
    "@typescript-eslint/no-floating-promises",
)
"""A line that no rule finds without knowing the types of the language's own library."""


def run(tools: Tools, config: str, files: Sequence[str], *, typed: bool) -> Iterator[Problem]:
    """What ESLint finds in these files of the module; `typed` with the types of its packages.

    Raises as `prove`.
    """
    if not files:
        raise CouldNotCheckError("there is no TypeScript file to look at")
    tools.take("code")
    program = platform_tools.platform_tool(tools, "eslint")
    text, rule = TYPED_FAULT if typed else FAULT
    canary = plant(tools, files[0], ".ts", text, rule)
    env = tools.environment()
    if typed:
        write_project(tools, [*files, canary.path], {"noEmit": True})
        env["GATES_PROJECT"] = f"./{PROJECT}"
    ran = tools.run(
        program,
        [
            "--no-inline-config", "--no-config-lookup", "--no-ignore", "--no-warn-ignored",
            "--config", platform_tools.platform_tools(tools) / config,
            "--format=json", "--", *files, canary.path,
        ],
        ok=(0, 1),
        subjects=len(files),
        env=env,
    )  # fmt: skip
    seen, problems = parse(ran.stdout, tools.module_copy)
    yield from prove("eslint", problems, [canary], files=files, seen=seen)


def fix(tools: Tools, config: str, files: Sequence[str]) -> dict[str, bytes]:
    """The files of the module as ESLint's own fixes leave them, those that change.

    Raises `ToolFailedError` for output that is not understood.
    """
    tools.take("code")
    program = platform_tools.platform_tool(tools, "eslint")
    write_project(tools, files, {"noEmit": True})
    ran = tools.run(
        program,
        [
            "--no-inline-config", "--no-config-lookup", "--no-ignore", "--no-warn-ignored", "--fix",
            "--config", platform_tools.platform_tools(tools) / config,
            "--format=json", "--", *files,
        ],
        ok=(0, 1),
        subjects=len(files),
        env={**tools.environment(), "GATES_PROJECT": f"./{PROJECT}"},
    )  # fmt: skip
    parse(ran.stdout, tools.module_copy)
    return tools.changed(files)


def parse(output: bytes, copy: Path) -> tuple[set[str], list[Problem]]:
    """The files that `eslint --format json` looked at, and what it found in them.

    Raises `ToolFailedError` for other output.
    """
    seen: set[str] = set()
    problems: list[Problem] = []
    try:
        for file in json.loads(output):
            path = relative(file["filePath"], copy)
            seen.add(path)
            for entry in file["messages"]:
                row, column = entry.get("line"), entry.get("column")
                same = entry.get("endLine") == row and (entry.get("endColumn") or 0) > (column or 0)
                place = Location(path, row, column, entry["endColumn"] if same else None)
                message = " ".join(str(entry["message"]).split())
                problems.append(
                    Problem(
                        message, place, entry.get("ruleId") or "syntax", repaired="fix" in entry
                    )
                )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(
            f"eslint printed something that is not understood: {error}"
        ) from error
    return seen, problems
