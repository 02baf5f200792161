"""What a Python class is made from: whether its objects are still what they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.contract.code.package import Package
from gates.contract.code.python_facts import MODELS, ancestry, base_paths
from gates.contract.code.standard import known_class, unaliased

if TYPE_CHECKING:
    import griffe

_PLAIN = {"object", "Generic", "Protocol", "ABC"}
"""Parents that say nothing of what an object is."""


def is_whole(cls: griffe.Class) -> bool:
    """Whether all that a class is made from is known: it is of this wheel, or of the standard
    library as far as that is looked at."""
    known = ancestry(cls)
    own = {each.path for each in known}
    return all(path in own or _is_known(path) for each in known for path in base_paths(each))


def lost_bases(after: Package, old: griffe.Class, new: griffe.Class) -> Iterator[tuple[str, bool]]:
    """The named parents, of any distance, that a class does not have any more, and whether that is
    sure: an unknown parent may be made from them, and an abstract class may take it for one of its
    own without being its parent (`__subclasshook__`)."""
    kept = {each.name for each in ancestry(new)} | {*_names(new)} | _above(new)
    paths = {each.path: each for each in ancestry(old)}
    for name, path in _names(old).items():
        if name in kept or name in _PLAIN or name.startswith("_"):
            continue
        sure = is_whole(new) and not _takes_others(path)
        if path in paths:
            now = after.followed(path)
            if now is not None and now.path in {each.path for each in ancestry(new)}:
                continue  # it is one under another name
            own = {str(base).partition("[")[0] for base in paths[path].bases}
            sure &= now is not None and now.is_class
            sure &= not own & {"Protocol", "typing.Protocol", "t.Protocol"}
        yield name, sure


def _names(cls: griffe.Class) -> dict[str, str]:
    """The parents of any distance: the last part of their names, and the whole ones."""
    return {
        path.rpartition(".")[2]: path
        for each in ancestry(cls)
        for base in sorted(base_paths(each))
        for path in [unaliased(base.partition("[")[0])]
    }


def _above(cls: griffe.Class) -> set[str]:
    """What the standard library's classes among the parents are made from themselves."""
    known = [_known(path) for each in ancestry(cls) for path in base_paths(each)]
    return {one.__name__ for each in known if each is not None for one in each.__mro__}


def _known(path: str) -> type | None:
    module, _, last = unaliased(path).rpartition(".")
    if module in ("typing", "typing_extensions"):
        return known_class(f"collections.abc.{last}")
    return known_class(f"{module}.{last}" if module else f"builtins.{path}")


def inherits(cls: griffe.Class, name: str) -> bool | None:
    """Whether a parent that is not of this wheel gives a class a member; None where that cannot be
    known without running it."""
    own = {each.path for each in ancestry(cls)}
    paths = {path for each in ancestry(cls) for path in base_paths(each)} - own - MODELS
    known = {path: _known(path) for path in paths if path.rpartition(".")[2] not in _PLAIN}
    if any(hasattr(each, name) for each in known.values() if each is not None):
        return True
    typing = ("typing.", "typing_extensions.")
    return False if all(each or path.startswith(typing) for path, each in known.items()) else None


def _is_known(path: str) -> bool:
    return path.rpartition(".")[2] in _PLAIN or _known(path) is not None


def _takes_others(path: str) -> bool:
    found = _known(path)
    return found is not None and "__subclasshook__" in vars(found)
