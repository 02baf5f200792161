"""What griffe knows of a Python class or value, in the terms of a comparison."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from gates.contract.code.types import known_class

if TYPE_CHECKING:
    import griffe

_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"}
_USED = {
    "__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__",
    "__aiter__", "__next__", "__len__", "__getitem__", "__contains__", "__await__",
}  # fmt: skip
"""Special methods that are how an object is used, and not how it is made."""


_MODELS = {
    "pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.BaseSettings",
    "pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings",
    "typing.TypedDict", "typing_extensions.TypedDict",
}  # fmt: skip
"""Classes whose children are made by name from their fields."""


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


def is_type(value: object) -> bool:
    """Whether a value is written as a type that is more than a name: a union, or parts of one."""
    try:
        node = ast.parse(str(value), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return isinstance(node, ast.Subscript) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    )


def ancestry(cls: griffe.Class) -> list[griffe.Class]:
    """A class and those it is made from, as far as they are of its package."""
    try:
        return [cls, *cls.mro()]
    except ValueError:
        return [cls]


def base_paths(cls: griffe.Class) -> set[str]:
    """The whole names of the direct parents of a class."""
    return {str(getattr(base, "canonical_path", base)) for base in cls.bases}


def decorated(node: griffe.Class | griffe.Function) -> set[str]:
    """The whole names of what decorates a class or function."""
    return {str(each.callable_path) for each in node.decorators}


def _is_model(cls: griffe.Class) -> bool:
    """Whether a class is made by name from its fields, as pydantic's models are."""
    paths = {path for each in ancestry(cls) for path in base_paths(each)}
    return bool(paths & _MODELS) and "__init__" not in cls.all_members


def _must_be_given(field: griffe.Attribute) -> bool:
    """Whether a field of a model has surely no default: pydantic, "Required fields"; and PEP 655
    for a TypedDict."""
    annotation = str(field.annotation or "")
    if not annotation or "ClassVar" in annotation or "Field(" in annotation:
        return False
    total = str(getattr(field.parent, "keywords", {}).get("total", "True")) == "True"
    if "NotRequired" in annotation or not (total or "Required[" in annotation):
        return False
    if field.value is None:
        return True
    try:
        call = ast.parse(str(field.value), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if not isinstance(call, ast.Call) or ast.unparse(call.func).rpartition(".")[2] != "Field":
        return False
    given = {each.arg for each in call.keywords}
    free = call.args and ast.unparse(call.args[0]) != "..."
    return not free and not given & {None, "default", "default_factory"}


def newly_needed(old: object, new: object, field: object, before: object = None) -> bool:
    """Whether a class is a model on both sides, and is not made any more without a field that was
    not there before, or was another (`before`)."""
    import griffe

    return (
        isinstance(field, griffe.Attribute)
        and isinstance(old, griffe.Class)
        and isinstance(new, griffe.Class)
        and _is_model(old)
        and _is_model(new)
        and _must_be_given(field)
        and (before is None or _need_not_be_given(before))
    )


def _need_not_be_given(field: object) -> bool:
    import griffe

    return isinstance(field, griffe.Attribute) and (
        (field.value is not None and not _must_be_given(field))
        or "NotRequired" in str(field.annotation or "")
    )


def shape(function: griffe.Function) -> list[str]:
    """The signatures of a function and its overloads, as text."""
    return [str(each.signature()) for each in (function.overloads or [function])]


def lost_bases(old: griffe.Class, new: griffe.Class) -> list[str]:
    """The named parents, of any distance, that a class does not have any more."""

    def names(cls: griffe.Class) -> dict[str, bool]:
        found = {}
        for each in ancestry(cls):
            for base in each.bases:
                name = str(base).partition("[")[0].rpartition(".")[2]
                found[name] = True
        return found

    def above(cls: griffe.Class) -> set[str]:
        """What the standard library's classes among the parents are made from themselves."""
        paths = {path for each in ancestry(cls) for path in base_paths(each)}
        known = [known_class(path if "." in path else f"builtins.{path}") for path in paths]
        return {one.__name__ for each in known if each is not None for one in each.__mro__}

    kept = {*names(new), *above(new)}
    ignored = {"object", "Generic", "Protocol", "ABC"}
    return [
        name for name in names(old)
        if name not in kept and name not in ignored and not name.startswith("_")
    ]  # fmt: skip
