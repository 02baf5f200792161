"""How the output of mypy is read."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from gates.errors import ToolFailedError
from gates.model import Location
from gates.toolchains.problem import Problem, inside, relative

_LOOKED_AT = re.compile(
    r"^LOG:\s+(?:Parsing (?P<parsed>.+) \(\S+\)"
    r"|Metadata fresh for \S+: file (?P<known>.+)"
    r"|Updating mtime for \S+: file (?P<same>.+), meta .+, mtime \d+)$",
    re.MULTILINE,
)
"""What mypy logs of a file that it reads, or that it finds to be what it knows."""


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


def settings_classes(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names of the classes that read their fields from the environment (pydantic-settings)."""
    return frozenset(
        node.name
        for node in nodes
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
