"""mypy --strict under the platform's own configuration, and how its output is read."""

from __future__ import annotations

import ast
import json
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.toolchains.canary import plant, prove
from gates.toolchains.languages.python.environment import (
    CONFIG,
    install_packages,
    source_root,
    sources,
)
from gates.toolchains.problem import Problem, inside, relative
from gates.toolchains.processes import Ran, disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tools import Tools

_LOOKED_AT = re.compile(
    r"^LOG:\s+(?:Parsing (?P<parsed>.+) \(\S+\)"
    r"|Metadata fresh for \S+: file (?P<known>.+)"
    r"|Updating mtime for \S+: file (?P<same>.+), meta .+, mtime \d+)$",
    re.MULTILINE,
)
"""What mypy logs of a file that it reads, or that it finds to be what it knows."""


def run(tools: Tools) -> Iterator[Problem]:
    """What mypy finds in the module's sources, with the types of its locked packages.

    mypy asks the module's environment where its packages are, and starting that environment can
    run code of those packages: so it runs in a sandbox, as the module's own code does.

    Raises as `prove`, and `ToolFailedError` where mypy fails for another reason than the module.
    """
    tools.take("code")
    module = tools.session.module
    files = sources(module)
    if not files:
        raise CouldNotCheckError("there is no Python source to look at")
    env = install_packages(tools)
    # Another text in each run, or mypy would answer from its cache.
    text = f'canary: int = "{secrets.token_hex(8)}"'
    canary = plant(tools, files[0], ".py", text, "assignment")
    cache = tools.session.settings.cache / "mypy" / env.folder.name

    def check() -> Ran:
        with disk():
            cache.mkdir(parents=True, exist_ok=True)
        return tools.run(
            "mypy",
            [
                f"--config-file={CONFIG / 'mypy.ini'}", f"--python-executable={env.python}",
                f"--cache-dir={cache}", "--output=json", "--verbose", "--", *files,
                canary.path,
            ],
            ok=(0, 1, 2),
            subjects=len(files),
            env=tools.environment({"MYPYPATH": source_root(module)}),
            sandbox=Sandbox(read=(Path(sys.prefix), CONFIG, env.folder), write=(cache,)),
        )  # fmt: skip

    ran = check()
    if _has_failed(ran):
        # A run that was killed, or a full disk, leaves a cache that mypy fails on each time.
        shutil.rmtree(cache, ignore_errors=True)
        ran = check()
    if _has_failed(ran):
        said = [line for line in ran.stderr.splitlines() if not line.startswith(b"LOG:")]
        end = replace(ran, stderr=b"\n".join(said)).end()
        raise ToolFailedError(f"mypy could not check the module: {end}")
    problems = parse(ran.stdout, tools.module_copy)
    seen = find_seen(ran.stderr, tools.module_copy)
    stopped = ran.exit_status == 2
    files = [] if stopped else files
    yield from prove("mypy", problems, [canary], files=files, seen=seen, stopped=stopped)


def _has_failed(ran: Ran) -> bool:
    return ran.exit_status == 2 and not ran.stdout.lstrip().startswith(b"{")


def find_seen(log: bytes, copy: Path) -> set[str]:
    """The files of the module that `mypy --verbose` says it read, or knew from its cache."""
    matches = _LOOKED_AT.finditer(log.decode("utf-8", "replace"))
    names = (match["parsed"] or match["known"] or match["same"] for match in matches)
    return {path for name in names if (path := inside(name, copy)) is not None}


def parse(output: bytes, copy: Path) -> Iterator[Problem]:
    """What `mypy --output json` found, notes left out; `ToolFailedError` for other output."""
    for line in output.splitlines():
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            if entry["severity"] != "error":
                continue
            code, row, column = entry["code"], int(entry["line"]), int(entry["column"])
            if code != "syntax":
                column += 1  # its columns count from 0, those of its parser from 1
            end = int(entry.get("end_column") or 0) + (code != "syntax")
            one_line = entry.get("end_line") == row and end > column
            place = Location(
                relative(entry["file"], copy),
                row if row > 0 else None,
                column if row > 0 else None,
                end if one_line else None,
            )
            message, hint = str(entry["message"]), entry.get("hint")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ToolFailedError(f"mypy printed a line that is not understood: {error}") from error
        yield Problem(message, place, code, hint if isinstance(hint, str) else None)


def settings_classes(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names of the classes that read their fields from the environment (pydantic-settings)."""
    return frozenset(
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).rpartition(".")[2] == "BaseSettings" for base in node.bases)
    )


def is_false_alarm(problem: Problem, settings: frozenset[str]) -> bool:
    """Whether mypy asks for arguments that pydantic-settings takes from the environment.

    Only pydantic's own plugin knows that, and a plugin is code of the module's packages.
    """
    message = problem.message
    return (
        problem.rule == "call-arg"
        and message.startswith(("Missing named argument", "Missing positional argument"))
        and message.rpartition(" for ")[2].strip('"') in settings
    )
