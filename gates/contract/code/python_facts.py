"""What griffe knows of a Python class or value, in the terms of a comparison."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gates.syntax import parse_expression

if TYPE_CHECKING:
    import griffe

_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"}
_USED = {
    "__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__",
    "__aiter__", "__next__", "__len__", "__getitem__", "__contains__", "__await__",
}  # fmt: skip
"""Special methods that are how an object is used, and not how it is made."""


MODELS = {
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


def is_enum(cls: object) -> bool:
    """Whether a class is made from one of the enum module."""
    return any(str(base).rpartition(".")[2] in _ENUMS for base in getattr(cls, "bases", ()))


def attributes(cls: object) -> list[griffe.Attribute]:
    """The values that a class defines."""
    members = getattr(cls, "members", {}).values()
    return [each for each in members if getattr(each, "is_attribute", False)]


@lru_cache(maxsize=4096)
def _literal(text: str) -> str | None:
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def literal(value: object) -> str | None:
    """A value that the source writes out, in one spelling; None for any other."""
    return None if value is None else _literal(str(value))


def is_own_version(one: str, other: str, old: str, new: str) -> bool:
    """Whether two literals say no more than the versions `old` and `new` that they stand in, as
    text or as numbers."""
    if one.replace(old, new) == other:
        return True
    try:
        values = [ast.literal_eval(one), ast.literal_eval(other)]
    except (ValueError, SyntaxError):
        return False
    return all(
        isinstance(value, tuple | list)
        and bool(numbers := [int(each) for each in re.findall(r"\d+", version)])
        and len(value) > 1
        and [str(each) for each in value[: len(numbers)]]
        == [str(each) for each in numbers[: len(value)]]
        for value, version in zip(values, (old, new), strict=True)
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
    return bool(paths & MODELS) and "__init__" not in cls.all_members


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
        call = parse_expression(str(field.value))
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
