"""Turns a claimed break into something to run, and runs it against both versions.

What is claimed of calls, names, classes and values runs in a child process that imports the
version; what is claimed of types alone is a program for the type checker.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gates.contract.model import Change

CHILD = Path(__file__).with_name("python_child.py")
Check = tuple[str, str, object]
"""The kind of a check, as `python_child` knows it, the path that it is about, and more."""


@dataclass(frozen=True)
class Version:
    """One unpacked release."""

    entry: str
    folder: Path
    python: str
    """An interpreter with the packages that the release needs."""

    def ask(self, checks: Sequence[Check]) -> tuple[list[dict[str, object]], dict[str, object]]:
        """The answers to the checks, and the names that the release shows when it is imported."""
        run = subprocess.run(
            [self.python, "-B", str(CHILD)],
            input=json.dumps({"entry": self.entry, "checks": checks}),
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if run.returncode:
            return [{"error": run.stderr[-300:]} for _ in checks], {"": run.stderr[-300:]}
        found = json.loads(run.stdout)
        return found["answers"], found["surface"]


def check_of(change: Change) -> Check | None:
    """What can be run for a claimed break; None for what only a type checker sees, or nothing."""
    example, symbol = change.example or "", change.symbol.removeprefix("code:")
    if found := re.fullmatch(r"from ([\w.]+) import (\w+)", example):
        return "imported", found[1], found[2]
    if "be awaited" in change.message:
        path = example.removeprefix("await ").removesuffix("()")
        return "awaited", path, example.startswith("await ")
    if found := re.fullmatch(r"(.+) used as (a \w+)", example):
        return "used_as", found[1], found[2]
    if found := re.fullmatch(r"isinstance\(value, (\w+)\)", example):
        return (
            ("used_as", symbol, "a class") if found[1] == symbol else ("a_base", symbol, found[1])
        )
    if found := re.fullmatch(r"value\.(\w+) = \w+", example):
        owner = symbol.removesuffix(f".{found[1]}")
        return "can_be_set", owner, found[1]
    if found := re.fullmatch(r"(.+)\(\.\.\.\) without (\w+)", example):
        return "without", found[1], found[2]
    if found := re.fullmatch(r"a child of (.+) without (\w+)", example):
        return "concrete", found[1], found[2]
    if found := re.fullmatch(r"an object without (\w+) given as a (.+)", example):
        return "asks", found[2], found[1]
    if found := re.fullmatch(r"(.+?),? = value", example):
        return "fields", symbol, found[1]
    if change.gone:
        return "member", symbol.rpartition(".")[0], symbol.rpartition(".")[2]
    return _call_of(example, "it needs an object now" in change.message)


def _call_of(example: str, through_class: bool) -> Check | None:
    try:
        node = ast.parse(example, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(node, ast.Call):
        return None
    if node.args and isinstance(node.args[0], ast.Constant):
        return "value_of", ast.unparse(node.func), ast.unparse(node.args[0])
    if not all(isinstance(each, ast.Name) for each in node.args):
        return None
    more = {
        "positional": [ast.unparse(each) for each in node.args],
        "named": [each.arg for each in node.keywords],
        "through_class": through_class,
    }
    return "call", ast.unparse(node.func), more


def is_shown(check: Check, old: dict[str, object], new: dict[str, object]) -> bool:
    """Whether what worked with the old version does not with the new one."""
    before, after = old.get("works"), new.get("works")
    if check[0] != "call":
        return before is True and after is not True
    if not isinstance(before, dict):
        return False
    if not isinstance(after, dict):
        return True
    return any(after.get(name) != value for name, value in before.items() if name == value)


TYPED = re.compile(r"(?:may be|is) (?P<new>.+), it (?:might be|was) (?P<old>.+)")


def type_program(change: Change) -> tuple[str, str, str] | None:
    """The module, the type that is handed over and the type that takes it, for a claim of types."""
    found = TYPED.search(change.message)
    place = change.new or change.old
    if found is None or place is None:
        return None
    stem = place.path.removesuffix(".pyi").removesuffix(".py").removesuffix("/__init__")
    taken = "may be" in change.message
    given, wanted = (found["old"], found["new"]) if taken else (found["new"], found["old"])
    return stem.replace("/", "."), given, wanted


def types_refused(
    programs: Sequence[tuple[str, str, str]], folder: Path, cache: Path
) -> list[bool]:
    """Whether mypy refuses to take a value of one type for the other, once for each program."""
    lines, numbers = ["from __future__ import annotations"], []
    for number, (module, given, wanted) in enumerate(programs):
        names = {
            node.id
            for text in (given, wanted)
            for node in ast.walk(ast.parse(text, mode="eval"))
            if isinstance(node, ast.Name) and node.id not in dir(__import__("builtins"))
        }
        # Each function is a scope of its own, so that names of several modules do not meet.
        lines.append(f"def program_{number}() -> None:")
        known = set(typing.__all__)
        lines += [
            f"    from {'typing' if name in known else module} import {name}"
            for name in sorted(names)
        ]
        lines.append(f"    def taken(value: {given}) -> {wanted}:")
        lines.append("        return value")
        numbers.append(len(lines))
    target = cache / "programs.py"
    target.write_text("\n".join(lines) + "\n")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", "--ignore-missing-imports",
         "--no-error-summary", "--cache-dir", str(cache / "mypy"), str(target)],
        env={**os.environ, "MYPYPATH": str(folder)}, cwd=cache,
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    refused = {
        int(line.split(":")[1])
        for line in run.stdout.splitlines()
        if "Incompatible return value type" in line and line.startswith("programs.py:")
    }
    return [number in refused for number in numbers]
