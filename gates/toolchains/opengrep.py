"""opengrep under the gate's own rules, and how its output is read.

The distribution holds one file that unpacks 250 MB and takes three seconds for every start. What
looks at code is a program among these, `opengrep-core`: it is unpacked once into the cache, sealed,
and started itself, in a sandbox, for it reads the module. It asks no service and reads no
configuration but the rules that it is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Level, Location
from gates.records import dataclass, replace
from gates.toolchains.cache import Installed, digest_program, install_once
from gates.toolchains.canary import Canary, append, plant, prove
from gates.toolchains.injection_rules import Rule, read_rules, write_rules
from gates.toolchains.problem import Problem, inside, relative
from gates.toolchains.processes import disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tools import Program, Tools

CORE = "opengrep-core"
MEMORY = 2 << 30
"""Bytes that it may have; a file that needs more is not looked at, and it says so."""
SECONDS_A_RULE = 20
"""How long one rule may take on one file; it says where that was not enough."""
UNPARSED = "not-parsed"
"""The rule of a problem that says where the grammar knows no such thing."""
HINT = "what stands there is no program, or too much for opengrep: write it in another way"
_LEVELS = {"ERROR": Level.ERROR, "WARNING": Level.WARNING}
_NEVER = "$^never"
"""A pattern for comments that switch a rule off, which no comment fits."""


def run(tools: Tools, language: str, files: Sequence[str], suffix: str) -> Iterator[Problem]:
    """What the rules of a language find in these files of the module.

    Each file gets a line with a fault of the first rule at its end, and one that is planted beside
    them a line for each. A part of a file that opengrep's grammar does not know is a problem
    `UNPARSED` at its place. Raises `CouldNotCheckError` where there is no file, and after the last
    problem `ToolFailedError` where a rule or a whole file was not understood, and as `prove`.
    """
    if not files:
        raise CouldNotCheckError("there is no source to look at")
    tools.take("code")
    rules = read_rules(language)
    canaries = _canaries(tools, files, suffix, rules)
    given = [*files, canaries[-1].path]
    config, targets = tools.folder / "rules.json", tools.folder / "targets.json"
    with disk():
        config.write_text(write_rules(language, rules), "utf-8")
        targets.write_text(write_targets(language, given), "utf-8")
    program, place = unpacked(tools)
    ran = tools.run(
        program,
        [
            "-rules", config, "-targets", targets, "-json_nodots", "-taint_intrafile", "-j", "1",
            "-ignore_pattern", _NEVER, "-max_target_bytes", "0", "-max_memory", str(MEMORY >> 21),
            "-timeout", str(SECONDS_A_RULE),
        ],
        subjects=len(files),
        sandbox=Sandbox(read=(place,), memory_limit=MEMORY),
    )  # fmt: skip
    looked = parse(ran.stdout, tools.module_copy, rules)
    if why := looked.unread.get(canaries[-1].path):
        raise ToolFailedError(f"opengrep could not look at what was planted for it: {why}")
    known = [each for each in canaries if each.path not in looked.unread]
    read = [each for each in given if each not in looked.unread]
    try:
        yield from prove("opengrep", looked.problems, known, files=read, seen=looked.seen)
    except ToolFailedError as error:
        raise ToolFailedError(error.message, hint=HINT) from error
    if looked.unread:
        said = "; ".join(f"{path}: {why}" for path, why in sorted(looked.unread.items())[:5])
        raise ToolFailedError(f"opengrep could not look at {said}", hint=HINT)


def _canaries(
    tools: Tools, files: Sequence[str], suffix: str, rules: Sequence[Rule]
) -> list[Canary]:
    found = [append(tools, path, rules[0].canary, rules[0].id) for path in files]
    found.append(plant(tools, files[0], suffix, rules[0].canary, rules[0].id))
    path = found[-1].path
    return found + [append(tools, path, each.canary, each.id) for each in rules[1:]]


def unpacked(tools: Tools) -> tuple[Program, Path]:
    """The program itself, out of the cache, and the folder that it lies in."""
    packed = tools.resolve("opengrep")
    cache = tools.session.settings.cache / "opengrep"
    with disk():
        name = digest_program(Path(packed.command[0]), cache)

    def unpack() -> Path:
        home, folder = tools.folder / "unpacked", tools.folder / "core"
        with disk():
            home.mkdir()
            folder.mkdir()
        ran = tools.run(
            packed, ["--version"], cwd=tools.folder, env=tools.environment({"HOME": str(home)})
        )
        cores = sorted(home.rglob(CORE))
        if len(cores) != 1:
            raise ToolFailedError(f"opengrep has unpacked no {CORE}")
        with disk():
            cores[0].replace(folder / CORE)
            (folder / CORE).chmod(0o755)
            (folder / "version").write_bytes(ran.stdout.strip()[:40])
        return folder

    made: Installed = install_once(cache / name[:16], unpack)
    tools.records.append(made.record(CORE, 1))
    version = (made.place / "version").read_text("utf-8", "replace")
    return Program("opengrep", (str(made.place / CORE),), version), made.place


def write_targets(language: str, files: Sequence[str]) -> str:
    """The files to look at, as the program reads them: `target` in semgrep's Input_to_core.atd."""
    told = {"analyzer": language, "products": ["sast"]}
    return json.dumps([["CodeTarget", {"path": each, **told}] for each in files])


@dataclass(frozen=True)
class Looked:
    """What one run looked at and found."""

    seen: frozenset[str]
    """Files, by their paths in the module."""
    problems: tuple[Problem, ...]
    """In the order of their places."""
    unread: Mapping[str, str]
    """Why a file was not looked at, or not by every rule, by its path."""


def parse(output: bytes, copy: Path, rules: Sequence[Rule]) -> Looked:
    """What `opengrep-core -json` looked at, and what it found.

    Raises `ToolFailedError` for other output, for an error that is not about one file of the module
    (a rule that it could not parse), and where it left out a rule or a file.
    """
    known = {each.id: each for each in rules}
    unread: dict[str, str] = {}
    try:
        document = json.loads(output)
        problems = [each for entry in document["errors"] for each in _error(entry, copy, unread)]
        left = [*document["skipped_rules"], *(document["paths"].get("skipped") or ())]
        ran = {name for name, _ in document["rules_by_engine"]}
        if left or known.keys() - ran:
            raise ToolFailedError("opengrep has left out a rule or a file")
        seen = frozenset(relative(name, copy) for name in document["paths"]["scanned"])
        problems += [_problem(each, copy, known[each["check_id"]]) for each in document["results"]]
        lines: dict[str, list[bytes]] = {}
        problems = [_in_characters(each, copy, lines) for each in problems]
    except (
        ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError,
    ) as error:  # fmt: skip
        said = " ".join(output.decode("utf-8", "replace").split())[:300]
        raise ToolFailedError(
            f"opengrep printed something that is not understood: {error}: {said}"
        ) from error
    problems.sort(key=lambda each: (str(each.location), each.rule or ""))
    return Looked(seen, tuple(problems), unread)


def _error(entry: Any, copy: Path, unread: dict[str, str]) -> Iterator[Problem]:  # noqa: ANN401 - JSON
    """The parts of a file that it has skipped; what it says of a whole file goes to `unread`."""
    path = str((entry.get("location") or {}).get("path") or entry.get("path") or "")
    kind, message = entry.get("error_type"), " ".join(str(entry.get("message")).split())[:200]
    where = inside(path, copy) if path else None
    if where is None:
        name = Path(path).name
        raise ToolFailedError(f"opengrep could not look at everything: {name}: {message}")
    if not isinstance(kind, list) or kind[0] != "PartialParsing" or not kind[1]:
        unread.setdefault(where, message)
        return
    for part in kind[1]:
        start, end = part["start"], part["end"]
        one = start["line"] == end["line"] and end["col"] > start["col"]
        yield Problem(
            "opengrep's grammar does not know what stands here: it, and what follows in this file,"
            " may not have been looked at",
            Location(
                relative(part["path"], copy),
                int(start["line"]),
                int(start["col"]),
                int(end["col"]) if one else None,
            ),
            UNPARSED,
            "write it in a way that is older, or have it approved by a waiver",
        )


def _problem(entry: Any, copy: Path, rule: Rule) -> Problem:  # noqa: ANN401 - JSON
    start, end = entry["start"], entry["end"]
    one = start["line"] == end["line"] and end["col"] > start["col"]
    return Problem(
        rule.message,
        Location(
            relative(entry["path"], copy),
            int(start["line"]),
            int(start["col"]),
            int(end["col"]) if one else None,
        ),
        rule.id,
        rule.fix,
        detail=_way(entry["extra"].get("dataflow_trace")),
        level=_LEVELS[rule.severity],
    )


def _way(trace: Any) -> str | None:  # noqa: ANN401 - JSON
    """Where what comes from outside enters, and the names by which it goes on."""
    if not trace:
        return None
    kind, source = trace["taint_source"]
    if kind != "CliLoc":
        source = source[0]
    names = [str(each["content"]) for each in trace.get("intermediate_vars") or ()]
    return f"line {int(source[0]['start']['line'])}: " + " → ".join([str(source[1]), *names])


def _in_characters(problem: Problem, copy: Path, lines: dict[str, list[bytes]]) -> Problem:
    """A problem with its columns in characters; opengrep counts bytes."""
    place = problem.location
    if place.path not in lines:
        lines[place.path] = (copy / place.path).read_bytes().split(b"\n")
    line = lines[place.path][(place.line or 1) - 1]

    def characters(column: int | None) -> int | None:
        return len(line[: column - 1].decode("utf-8", "replace")) + 1 if column else None

    moved = replace(place, column=characters(place.column), end_column=characters(place.end_column))
    return replace(problem, location=moved)
