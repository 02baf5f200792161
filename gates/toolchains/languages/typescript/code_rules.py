"""The compiler and the platform's rules for code, in one run over one program of the module."""

from __future__ import annotations

import json
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.recorder import UNREPEATABLE, note
from gates.toolchains.canary import plant, prove
from gates.toolchains.code_rules import (
    CodeRules,
    find_entry,
    read_breaks,
    read_queues,
    read_statements,
)  # fmt: skip
from gates.toolchains.languages.typescript.compiler import write_project
from gates.toolchains.languages.typescript.packages import install_packages
from gates.toolchains.languages.typescript.platform_tools import platform_tools, sources
from gates.toolchains.languages.typescript.sources.environment import find_environment_files
from gates.toolchains.problem import Problem
from gates.toolchains.processes import disk
from gates.toolchains.tools import Program, Tools

_SCRIPTS = Path(__file__).with_name("rules")


def check_code(tools: Tools) -> CodeRules:
    """What the compiler and the rules say of the module; once in a run, its record for each check.

    Raises `CouldNotCheckError` where there is no source, `ToolFailedError` where the compiler
    fails, and as `prove`.
    """
    made = tools.session.once("code-rules", lambda: _check(Tools(tools.session)))
    tools.records += made.records
    return made


def rules_program(tools: Tools) -> Program:
    """The platform's compiler, started with the rules."""
    library = platform_tools(tools) / "node_modules" / "typescript"
    version = json.loads((library / "package.json").read_text("utf-8"))["version"]
    node = tools.resolve("node").command
    return Program("tsc", (*node, str(_SCRIPTS / "main.mjs"), str(library)), version)


def _check(tools: Tools) -> CodeRules:
    tools.take("code")
    module = tools.session.module
    files = sources(module, tests=True)
    if not files:
        raise CouldNotCheckError("there is no TypeScript file to look at")
    text = 'const canary: number = "canary"; throw Error("canary"); export {};'
    own = [path for path in files if path.startswith("src/")]
    canary = plant(tools, (own or files)[0], ".ts", text, "TS2322")
    project = write_project(tools, [*files, canary.path], {"noEmit": True})
    request = {
        "folder": str(tools.module_copy), "project": str(project),
        "sources": [*own, canary.path],
        "environment": find_environment_files(module), "prefix": f"tenant:{module.slug}:",
        "entry": find_entry(module), "packages": [str(install_packages(tools).folder)],
    }  # fmt: skip
    place = tools.folder / "request.json"
    with disk():
        place.write_text(json.dumps(request), "utf-8")
    ran = tools.run(rules_program(tools), [place], subjects=len(files))
    try:
        answer = json.loads(ran.stdout)
        seen = set(answer["seen"])
        problems = [_problem(each) for each in answer["problems"] if each["error"]]
        outside = read_breaks(answer["outside"])
        breaks = [*read_breaks(answer["breaks"]), *outside]
        queues = read_queues(answer["queues"])
        statements = read_statements(answer["statements"])
    except (ValueError, KeyError, TypeError) as error:
        raise ToolFailedError(f"the compiler's answer is not understood: {error}") from error
    if outside:
        note(UNREPEATABLE, "a file that is not the module's")
    # Types are not looked at where the syntax or the set-up is wrong.
    proved = list(prove("tsc", problems, [canary], files=files, seen=seen, stopped=True))
    planted = [each for each in breaks if each.location.path == canary.path]
    if not any(each.rule == "errors-thrown" for each in planted):
        raise ToolFailedError("the rules for code did not find a fault that was put there for them")
    rest = tuple(each for each in breaks if each.location.path != canary.path)
    return CodeRules(tuple(proved), rest, tuple(queues), tuple(tools.records), statements)


def _problem(entry: dict[str, object]) -> Problem:
    """One of the compiler's; what has no place in the module is about its packages."""
    place = Location("package.json")
    path, line, column = entry["path"], entry["line"], entry["column"]
    if isinstance(path, str) and isinstance(line, int) and isinstance(column, int):
        place = Location(path, line, column)
    detail = entry["detail"]
    return Problem(
        str(entry["message"]), place, str(entry["rule"]),
        detail=detail if isinstance(detail, str) else None,
    )  # fmt: skip
