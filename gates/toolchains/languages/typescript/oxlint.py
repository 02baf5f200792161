"""oxlint under the platform's own rules, and how its output is read.

Rules that need types are run by a second program that oxlint starts, tsgolint. Where a project
cannot be opened, that program finds nothing in the files of it and all else as usual; so each file
is proved for itself, by faults that are written to its end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.records import replace
from gates.toolchains.canary import Canary, append, canary_name, prove
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.compiler import write_project
from gates.toolchains.problem import Problem, relative
from gates.toolchains.processes import disk
from gates.toolchains.tools import Tools

Fault = tuple[str, str]
"""A line that a rule finds whatever stands before it, and the rule."""
FAULT: Fault = (';eval("canary");', "no-eval")
TYPED_FAULT: Fault = (";(async () => {{}})();", "@typescript-eslint/no-floating-promises")
PLUGIN_FAULT: Fault = (";new RegExp(String(1));", "security/detect-non-literal-regexp")
DECLARED: tuple[Fault, Fault] = (
    ("declare const {name}: any;", "@typescript-eslint/no-explicit-any"),
    (
        "declare const {name}_typed: string | unknown;",
        "@typescript-eslint/no-redundant-type-constituents",
    ),
)
"""Those for a declaration file, which may hold no statement."""
SYNTAX = "syntax"
CONFIG_FILE = "oxlint.gates.json"
_PROJECTS = ("tsconfig.json", "jsconfig.json")
_SCOPES = {"eslint": "", "typescript": "@typescript-eslint/", "security": "security/"}


def run(tools: Tools, config: str, files: Sequence[str], *, typed: bool) -> Iterator[Problem]:
    """What oxlint finds in these files of the module; `typed` with the types of its packages.

    Raises `CouldNotCheckError` where there is no file, `ToolFailedError` where oxlint or its
    configuration failed, and as `prove`.
    """
    if not files:
        raise CouldNotCheckError("there is no TypeScript file to look at")
    tools.take("code")
    program, copy = platform_tools.platform_tool(tools, "oxlint"), tools.module_copy
    rules = write_config(tools, config)
    canaries = []
    for number, path in enumerate(files):
        _disarm(copy / path)
        for text, rule in _faults(path, typed):
            named = text.format(name=f"{canary_name(tools)}_{number}")
            canaries.append(append(tools, path, named, rule))
    environment = tools.environment()
    if typed:
        _forget_projects(copy)
        write_project(tools, files, {"noEmit": True}, _PROJECTS[0])
        # Otherwise it is the first of that name in the packages of the module.
        environment["OXLINT_TSGOLINT_PATH"] = str(platform_tools.find_tsgolint(tools))
    ran = tools.run(
        program,
        [
            f"--config={copy / CONFIG_FILE}", "--disable-nested-config", "--no-ignore",
            *(["--type-aware"] if typed else []), "--format=json", "--", *files,
        ],
        ok=(0, 1),
        subjects=len(files),
        env=environment,
    )  # fmt: skip
    count, problems = parse(ran.stdout, copy, rules)
    if count != len(files):
        raise ToolFailedError(f"oxlint was given {len(files)} files and looked at {count}")
    kept, broken = _locate_syntax(_in_characters(problems, copy), canaries)
    rest = [each for each in canaries if each.path not in broken]
    yield from prove("oxlint", kept, rest, files=files, seen=files)


def _faults(path: str, typed: bool) -> Sequence[Fault]:
    if path.endswith((".d.ts", ".d.mts", ".d.cts")):
        return DECLARED if typed else ()  # no rule of the others is about declarations
    return (FAULT, TYPED_FAULT if typed else PLUGIN_FAULT)


def write_config(tools: Tools, config: str) -> frozenset[str]:
    """Put the platform's configuration beside the files, whose paths its overrides are about.

    The answer are the rules in it. A plug-in has its path, or it would be one of the module's.
    """
    content = json.loads((platform_tools.CONFIG / config).read_text("utf-8"))
    if plugins := content.get("jsPlugins"):
        modules = platform_tools.platform_tools(tools) / "node_modules"
        content["jsPlugins"] = [str(modules / name / "index.js") for name in plugins]
    with disk():
        (tools.module_copy / CONFIG_FILE).write_text(json.dumps(content), "utf-8")
    return frozenset(
        name.replace("typescript/", "@typescript-eslint/") for name in content["rules"]
    )


def _disarm(path: Path) -> None:
    """Take the words from a copied file by which comments switch oxlint off; no option does."""
    content = path.read_bytes()
    with disk():
        path.write_bytes(content.replace(b"oxlint-", b"oxlint_"))


def _forget_projects(copy: Path) -> None:
    """Remove the module's own settings of the compiler: each file's nearest would count."""
    for name in _PROJECTS:
        for path in copy.rglob(name):
            if "node_modules" not in path.relative_to(copy).parts:
                path.unlink()


def _in_characters(problems: Sequence[Problem], copy: Path) -> Iterator[Problem]:
    """The problems with their columns in characters; oxlint counts bytes."""
    lines: dict[str, list[bytes]] = {}
    for each in problems:
        place = each.location
        if place.path not in lines:
            lines[place.path] = (copy / place.path).read_bytes().split(b"\n")
        if place.line and place.column and place.line <= len(lines[place.path]):
            before = lines[place.path][place.line - 1][: place.column - 1]
            place = replace(place, column=len(before.decode("utf-8", "replace")) + 1)
        yield replace(each, location=place)


def _locate_syntax(
    problems: Iterable[Problem], canaries: Sequence[Canary]
) -> tuple[list[Problem], set[str]]:
    """Faults of syntax on the module's own lines, and the files that have one.

    A bracket that is never closed is missed at the end of the file, behind what was added to it.
    """
    first: dict[str, int] = {}
    for each in canaries:
        first[each.path] = min(each.line, first.get(each.path, each.line))
    kept, broken = [], set()
    for problem in problems:
        place = problem.location
        if problem.rule == SYNTAX:
            broken.add(place.path)
            last = max(first.get(place.path, 2) - 1, 1)
            if (place.line or 0) > last:
                place = Location(place.path, last)
        kept.append(replace(problem, location=place))
    return kept, broken


def parse(output: bytes, copy: Path, rules: frozenset[str]) -> tuple[int, list[Problem]]:
    """How many files `oxlint --format json` looked at, and what it found in them.

    Raises `ToolFailedError` for other output, and for what is said of anything but a rule of
    `rules` or the syntax: what its second program says of a project, for one.
    """
    problems: list[Problem] = []
    try:
        answer = json.loads(output)
        count = int(answer["number_of_files"])
        for entry in answer["diagnostics"]:
            code, message = entry.get("code"), " ".join(str(entry["message"]).split())
            # Where its parser objects as the compiler does, it holds the file against no rule.
            rule = SYNTAX if code is None or code.startswith("TS(") else _rule(code)
            if rule != SYNTAX and rule not in rules:
                raise ToolFailedError(f"oxlint says of {entry.get('filename')}: {message}")
            problems.append(Problem(message, _place(entry, copy), rule))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        said = " ".join(output.decode("utf-8", "replace").split())[:300]
        raise ToolFailedError(
            f"oxlint printed something that is not understood: {error}: {said}"
        ) from error
    return count, problems


def _rule(code: str) -> str:
    """The name of a rule: `typescript(no-explicit-any)` is @typescript-eslint/no-explicit-any."""
    scope, _, name = code.rstrip(")").partition("(")
    return _SCOPES[scope] + name if scope in _SCOPES else code


def _place(entry: Mapping[str, Any], copy: Path) -> Location:
    span = entry["labels"][0]["span"]
    return Location(relative(entry["filename"], copy), int(span["line"]), int(span["column"]))
