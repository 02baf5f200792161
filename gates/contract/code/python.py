"""The difference between what two versions of a Python package export."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from gates.contract.code.api import Api
from gates.contract.code.branches import Python, pythons
from gates.contract.code.package import Package, opened
from gates.contract.code.python_functions import weakened
from gates.contract.code.python_members import Members
from gates.contract.code.python_sources import parsed, stubs_beside
from gates.contract.model import Bump, Change
from gates.errors import CouldNotCheckError
from gates.records import dataclass, replace
from gates.toolchains.languages.python.inside import INSIDE

if TYPE_CHECKING:
    import griffe

Names = Mapping[str, "griffe.Object | griffe.Alias"]
MAX_SECONDS = 300.0
"""Of processor time, that a comparison may take."""


def compare_python(old: Api, new: Api, place: Path | None = None) -> Iterator[Change]:
    """What who imports the old version finds changed in the new one; `place` is a folder for what
    is written meanwhile. Sources are compared as Python runs them, on each Python for which they
    differ, and where stubs stand beside them, as type checkers see them too.

    Raises `CouldNotCheckError` where one of the two cannot be read, differs from itself, or takes
    more than `MAX_SECONDS`.
    """
    until = time.thread_time() + MAX_SECONDS
    told: dict[str, int] = {}
    said: set[str] = set()
    sides = _Side(old, parsed(old)), _Side(new, parsed(new))
    versions = pythons(tree for each in sides for tree in each.trees.values())
    for python in versions:
        for change in _compared(*sides, place, python, until, stubs=False):
            told[change.symbol] = max(change.bump.rank, told.get(change.symbol, 0))
            if change.message not in said:
                said.add(change.message)
                yield (
                    change
                    if python == versions[0]
                    else replace(
                        change, message=f"{change.message} (on Python {python[0]}.{python[1]})"
                    )
                )
    if stubs_beside(old) or stubs_beside(new):
        for change in _compared(*sides, place, versions[0], until, stubs=True):
            if change.kind == "removed":  # whether it is there, the source says
                change = weakened(change, "as its stub says")
            if change.bump.rank > told.get(change.symbol, 0):
                yield change


@dataclass(frozen=True)
class _Side:
    api: Api
    trees: Mapping[str, ast.Module]


def _compared(
    old: _Side, new: _Side, place: Path | None, python: Python, until: float, *, stubs: bool
) -> list[Change]:
    with (
        opened(old.api, old.trees, place, stubs=stubs, python=python) as before,
        opened(new.api, new.trees, place, stubs=stubs, python=python) as after,
    ):
        try:
            found = list(_Comparison(before, after, until).modules(before.entry, after.entry, ""))
            for each in (before, after) if found else ():
                _hold_against_itself(each, until)
        except RecursionError as error:
            raise CouldNotCheckError("the code is nested too deeply to be compared") from error
        return found


def _hold_against_itself(package: Package, until: float) -> None:
    comparison = _Comparison(package, package, until)
    for change in comparison.modules(package.entry, package.entry, ""):
        raise CouldNotCheckError(
            f"the code of {package.api.slug} {package.api.version} differs from itself, so that"
            f" nothing can be said of it: {change.message}"
        )


class _Comparison:
    """Walks two packages side by side, until a moment of this thread's processor time."""

    def __init__(self, old: Package, new: Package, until: float) -> None:
        self._until = until
        self._old = old
        self._new = new
        self._members = Members(old, new)
        self._seen = {old.entry.path}
        """The modules that are compared already: they may import each other."""

    def modules(self, old: griffe.Object, new: griffe.Object, prefix: str) -> Iterator[Change]:
        """Two modules of one name; `prefix` is "" for the entrypoint, else "name."."""
        before, after = _public(self._old, old), _public(self._new, new)
        added = [name for name in after if name not in before]
        for name, node in before.items():
            symbol = f"{prefix}{name}"
            if name in after:
                yield from self._chosen(node, after[name], symbol)
                continue
            if name in new.members and new.members[name].runtime:
                yield Change(
                    "code", f"code:{symbol}", Bump.MINOR,
                    f"{symbol} is not in __all__ any more; an import by its name still works",
                    self._old.at(node), self._new.at(new.members[name]),
                )  # fmt: skip
                yield from self._chosen(node, new.members[name], symbol)
                continue
            if _gives_more(new):
                yield Change(
                    "code", f"code:{symbol}", Bump.MINOR,
                    f"{symbol} is not defined any more: whether __getattr__ of its module still"
                    " gives it could not be shown",
                    self._old.at(node), self._new.at(new.members["__getattr__"]), proved=False,
                )  # fmt: skip
                continue
            heirs = get_close_matches(name, added, n=1)
            hint = f"; is it called {prefix}{heirs[0]} now?" if heirs else ""
            source = ".".join(each for each in (self._old.api.entry, prefix.rstrip(".")) if each)
            gone = Change(
                "code", f"code:{symbol}", Bump.MAJOR,
                f"{symbol} is not exported any more, so that its import fails{hint}",
                old=self._old.at(node),
                example=f"from {source} import {name}",
            )  # fmt: skip
            yield weakened(gone) if "" in self._old.choices(node) else gone
        if _gives_more(old) and not _gives_more(new):
            yield Change(
                "code", f"code:{prefix}__getattr__", Bump.MINOR,
                f"{prefix}__getattr__ is gone: whether names that it gave are still there could"
                " not be shown", self._old.at(old.members["__getattr__"]), proved=False,
            )  # fmt: skip
        for name in added:
            yield Change(
                "code", f"code:{prefix}{name}", Bump.MINOR, f"{prefix}{name} is new",
                new=self._new.at(after[name]),
            )  # fmt: skip

    def _chosen(
        self, old: griffe.Object | griffe.Alias, new: griffe.Object | griffe.Alias, symbol: str
    ) -> Iterator[Change]:
        """Two of one name, of which a condition may choose one or the other to be compared."""
        if time.thread_time() > self._until:
            raise CouldNotCheckError(
                f"the code of {self._old.api.version} and {self._new.api.version} could not be"
                f" compared in {MAX_SECONDS:g} seconds of processor time: it was at {symbol}",
                hint="export less from the entrypoint: what others need, listed in __all__",
            )
        before, after = self._old.choices(old), self._new.choices(new)
        if not before and not after:
            yield from self._same(old, new, symbol)
            return
        found = [weakened(each) for each in self._same(old, new, symbol)]
        yield from found
        if not found and before != after:
            yield Change(
                "code", f"code:{symbol}", Bump.MINOR,
                f"a condition chooses what {symbol} is, and it chooses between others now: whether"
                " what worked with it still does could not be shown",
                self._old.at(old), self._new.at(new), proved=False,
            )  # fmt: skip

    def _has_own_name(self, module: griffe.Module) -> bool:
        """Whether a module that another one imports is compared under its own name."""
        below = module.path.removeprefix(f"{self._old.entry.path}.")
        parts = below.split(".")
        hidden = parts[0] in INSIDE or any(part.startswith("_") for part in parts)
        return below != module.path and not hidden

    def _same(
        self, old: griffe.Object | griffe.Alias, new: griffe.Object | griffe.Alias, symbol: str
    ) -> Iterator[Change]:
        import griffe

        one, other = self._old.real(old), self._new.real(new)
        if one is None or other is None:
            if _target(old) != _target(new):
                yield Change(
                    "code", f"code:{symbol}", Bump.MINOR,
                    f"{symbol} was {_target(old)} and is {_target(new)}: whether what worked with"
                    " it still does could not be shown",
                    self._old.at(old), self._new.at(new), proved=False,
                )  # fmt: skip
            return
        if isinstance(one, griffe.Module) and isinstance(other, griffe.Module):
            if not (old.is_alias and self._has_own_name(one)) and one.path not in self._seen:
                self._seen.add(one.path)
                yield from self.modules(one, other, f"{symbol}.")
            return
        yield from self._members.compare(one, other, symbol)


def _public(package: Package, module: griffe.Object) -> dict[str, griffe.Object | griffe.Alias]:
    """What others may import: of the entrypoint, without what the standard keeps inside it."""
    names = package.public(module)
    if module is not package.entry:
        return names
    listed = {str(each) for each in module.exports or ()}
    return {
        name: node
        for name, node in names.items()
        if name in listed or name not in INSIDE or node.is_alias or not node.is_module
    }


def _gives_more(module: griffe.Object) -> bool:
    """Whether a module answers for names that it does not define (PEP 562)."""
    return "__getattr__" in module.members


def _target(node: griffe.Object | griffe.Alias) -> str:
    return str(getattr(node, "target_path", node.path))
