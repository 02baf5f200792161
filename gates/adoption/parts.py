"""Finds the repairs and the drafts: a file each, in a folder of this package."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, TypeVar

from gates.errors import CheckDefinitionError


class _Part(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def order(self) -> int: ...


T = TypeVar("T", bound=_Part)


def parts(folder: str, kind: type[T]) -> tuple[T, ...]:
    """Every part of a kind in `gates/adoption/<folder>`, those with smaller orders first.

    Raises `CheckDefinitionError` for a file that holds none of its name.
    """
    found = []
    for path in (Path(__file__).parent / folder).glob("[!_]*.py"):
        module = importlib.import_module(f"gates.adoption.{folder}.{path.stem}")
        value = getattr(module, path.stem, None)
        if not isinstance(value, kind) or value.name != path.stem:
            raise CheckDefinitionError(f"{folder}/{path.name} holds no {kind.__name__} of its name")
        found.append(value)
    return tuple(sorted(found, key=lambda each: (each.order, each.name)))
