"""What griffe knows of a Python class or value, in the terms of a comparison."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import griffe

_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"}
_USED = {
    "__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__",
    "__aiter__", "__next__", "__len__", "__getitem__", "__contains__", "__await__",
}  # fmt: skip
"""Special methods that are how an object is used, and not how it is made."""


def offered(cls: griffe.Class) -> dict[str, griffe.Object | griffe.Alias]:
    """What a class offers, its parents' members included: public names, and how it is used."""
    return {
        name: member
        for name, member in cls.all_members.items()
        if (not name.startswith("_") or name in _USED)
    }


def has_foreign_parent(cls: griffe.Class) -> bool:
    """Whether a class has a parent in another package, which may hold what it lost."""
    inner = {each.name for each in cls.resolved_bases}
    return any(str(base).partition("[")[0].rpartition(".")[2] not in inner for base in cls.bases)


def is_enum(cls: object) -> bool:
    """Whether a class is made from one of the enum module."""
    return any(str(base).rpartition(".")[2] in _ENUMS for base in getattr(cls, "bases", ()))


def attributes(cls: object) -> list[griffe.Attribute]:
    """The values that a class defines."""
    members = getattr(cls, "members", {}).values()
    return [each for each in members if getattr(each, "is_attribute", False)]


def literal(value: object) -> str | None:
    """A value that the source writes out, in one spelling; None for any other."""
    if value is None:
        return None
    try:
        return repr(ast.literal_eval(str(value)))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def shape(function: griffe.Function) -> list[str]:
    """The signatures of a function and its overloads, as text."""
    return [str(each.signature()) for each in (function.overloads or [function])]


def lost_bases(old: griffe.Class, new: griffe.Class) -> list[str]:
    """The named parents, of any distance, that a class does not have any more."""

    def names(cls: griffe.Class) -> dict[str, bool]:
        try:
            known = [cls, *cls.mro()]
        except ValueError:
            known = [cls]
        found = {}
        for each in known:
            for base in each.bases:
                name = str(base).partition("[")[0].rpartition(".")[2]
                found[name] = True
        return found

    kept = names(new)
    ignored = {"object", "Generic", "Protocol", "ABC"}
    return [
        name for name in names(old)
        if name not in kept and name not in ignored and not name.startswith("_")
    ]  # fmt: skip
