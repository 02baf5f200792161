"""What a tool found in a module, before a check makes a finding of it."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from gates.errors import ToolFailedError
from gates.model import Level, Location
from gates.records import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where."""

    message: str
    location: Location
    rule: str | None = None
    """The tool's own name of its rule."""
    fix: str | None = None
    detail: str | None = None
    level: Level = Level.ERROR
    repaired: bool = False
    """Whether the tool itself can repair it without changing what the code does."""


def relative(name: str, copy: Path) -> str:
    """A tool's path as one of the module, whose copy it looked at.

    Raises `ToolFailedError` for a path outside: a finding is about the module, or it is none.
    """
    path = inside(name, copy)
    if path is None:
        raise ToolFailedError(f"a finding is about {name}, which is no file of the module")
    return path


def inside(name: str, copy: Path) -> str | None:
    """A tool's path as one of the module; None for a path outside."""
    path = os.path.normpath(copy / name)
    for base in (str(copy), _resolved(copy)):
        if path == base:
            return "."
        if path.startswith(f"{base}/"):
            return path[len(base) + 1 :]
    return None


@lru_cache(maxsize=32)
def _resolved(copy: Path) -> str:
    """Asked for each file that a tool names, of which there are hundreds."""
    return str(copy.resolve())
