"""What drafts and repairs are: functions, a file each, that run in one fixed order."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from gates.errors import CheckDefinitionError

Run = TypeVar("Run", bound=Callable[..., Any])


@dataclass(frozen=True)
class Part(Generic[Run]):
    """One function. Its name is its file's."""

    name: str
    order: int
    """When it runs: those with smaller numbers first."""
    run: Run


def part(order: int, run: Run) -> Part[Run]:
    """A function as a `Part`."""
    return Part(getattr(run, "__name__", ""), order, run)


def parts(folder: str) -> tuple[Part[Any], ...]:
    """Every part in a folder of this package, in its order.

    Raises `CheckDefinitionError` for a file that holds no part of its name.
    """
    found = []
    for path in sorted((Path(__file__).parent / folder).glob("[!_]*.py")):
        module = importlib.import_module(f"gates.adoption.{folder}.{path.stem}")
        value = getattr(module, path.stem, None)
        if not isinstance(value, Part) or value.name != path.stem:
            raise CheckDefinitionError(f"{folder}/{path.name} holds nothing of its name")
        found.append(value)
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))
