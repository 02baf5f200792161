"""What a fixer is: a plain function that answers with the files of a module as they should be."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path

from gates.check import NEEDS, all_outlines
from gates.errors import CheckDefinitionError
from gates.records import dataclass

Changes = Mapping[str, bytes]
"""New contents, by path in the module."""
Run = Callable[..., Changes]


@dataclass(frozen=True)
class Fixer:
    """What repairs findings of one check. Its name is the check's, its parameters its needs."""

    check: str
    needs: tuple[str, ...]
    run: Run
    followed_by: tuple[str, ...] = ()
    """Fixers that go over the files that this one changed."""
    proved_by: tuple[str, ...] = ()
    """Checks, beside its own and those of lint-manifest, that must find nothing new after it."""


def fixer(
    *, followed_by: tuple[str, ...] = (), proved_by: tuple[str, ...] = ()
) -> Callable[[Run], Fixer]:
    """Turn a function into a `Fixer`. Raises `CheckDefinitionError` for an unknown need."""

    def wrap(run: Run) -> Fixer:
        name = getattr(run, "__name__", "").replace("_", "-")
        needs = tuple(inspect.signature(run).parameters)
        if unknown := [need for need in needs if need not in NEEDS]:
            raise CheckDefinitionError(f"fixer {name}: unknown need {', '.join(unknown)}")
        return Fixer(name, needs, run, followed_by, proved_by)

    return wrap


def fixers(language: str | None) -> Mapping[str, Fixer]:
    """The fixers for a module in a language, by check; found in `gates.fixers`, a file each.

    Raises `CheckDefinitionError` for a file whose name is no check's, or that holds no fixer.
    """
    known = {each.id: each for each in all_outlines()}
    found: dict[str, Fixer] = {}
    for path in sorted((Path(__file__).parent / "fixers").glob("[!_]*.py")):
        identity = path.stem.replace("_", "-")
        if identity not in known:
            raise CheckDefinitionError(f"the fixer {path.name} has the name of no check")
        if known[identity].language not in (None, language):
            continue
        value = getattr(importlib.import_module(f"gates.fixers.{path.stem}"), path.stem, None)
        if not isinstance(value, Fixer) or value.check != identity:
            raise CheckDefinitionError(f"{path.name} holds no fixer of its name")
        found[identity] = value
    return found
