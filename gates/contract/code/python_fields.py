"""How a Python class is made from the fields that it writes out."""

from __future__ import annotations

import ast
from inspect import Parameter, Signature
from typing import TYPE_CHECKING

from gates.contract.code.python_facts import ancestry, base_paths, decorated
from gates.syntax import parse_expression

if TYPE_CHECKING:
    import griffe

ATTRS = {
    "attrs.define", "attrs.mutable", "attrs.frozen", "attr.define", "attr.mutable", "attr.frozen",
    "attr.s", "attr.attrs", "attr.dataclass",
}  # fmt: skip
_CLASSIC = {"attr.s", "attr.attrs"}
"""Those that take no annotation alone for a field, without `auto_attribs`."""
DATACLASS = "dataclasses.dataclass"
PYDANTIC = "pydantic.dataclasses.dataclass"
_FIELDS = {"field", "Field", "ib", "attrib"}
TUPLES = {"typing.NamedTuple", "typing_extensions.NamedTuple"}


def options(cls: griffe.Class) -> dict[str, bool]:
    """What the decorator that makes a class out of its fields is told, as far as it is written."""
    found: dict[str, bool] = {}
    for each in cls.decorators:
        path = str(each.callable_path)
        if path not in (DATACLASS, PYDANTIC) and path not in ATTRS:
            continue
        found["frozen"] = path.endswith(".frozen")
        found |= constants(str(each.value))
    return found


def constants(call: str) -> dict[str, bool]:
    """What a call is given by name, or a dictionary holds, as far as it is True or False."""
    node = _parsed(call)
    if isinstance(node, ast.Dict):
        return {
            str(key.value): value.value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
            and isinstance(value, ast.Constant)
            and isinstance(value.value, bool)
        }
    return {
        each.arg: each.value.value
        for each in (node.keywords if isinstance(node, ast.Call) else ())
        if each.arg and isinstance(each.value, ast.Constant) and isinstance(each.value.value, bool)
    }


def kind(cls: griffe.Class) -> str | None:
    """What makes a class out of its fields, given by position or name; None for nothing known."""
    if "__init__" in cls.all_members or "__new__" in cls.all_members:
        return None
    if base_paths(cls) & TUPLES:
        return "tuple"
    if any("msgspec.Struct" in base_paths(each) for each in ancestry(cls)):
        return "msgspec"
    paths = {path for each in ancestry(cls) for path in decorated(each)}
    return "attrs" if paths & ATTRS else "pydantic" if PYDANTIC in paths else None


def made_from(cls: griffe.Class) -> Signature | None:
    """How a class is made from its fields; None where that is not written out."""
    found: dict[str, Parameter] = {}
    for each in reversed(ancestry(cls)):
        by_name = bool(options(each).get("kw_only")) or str(each.keywords.get("kw_only")) == "True"
        called_alone = decorated(each) & _CLASSIC and not options(each).get("auto_attribs")
        for name, member in each.members.items():
            if not member.is_attribute or "property" in member.labels:
                continue
            annotation = str(getattr(member, "annotation", None) or "")
            value = getattr(member, "value", None)
            called = _is_field(str(value))
            if "ClassVar" in annotation or not (called or (annotation and not called_alone)):
                continue
            if "Field(" in annotation:
                return None
            field = _field(str(value)) if called else ()
            if field is None:
                return None
            if "out" not in field:
                free = value is not None and "needed" not in field
                found[name] = Parameter(
                    name.lstrip("_") or name,
                    Parameter.KEYWORD_ONLY
                    if by_name or "by name" in field
                    else Parameter.POSITIONAL_OR_KEYWORD,
                    default=str(value) if free else Parameter.empty,
                )
    try:
        return Signature(sorted(found.values(), key=lambda each: each.kind))
    except ValueError:
        return None


def _field(value: str) -> tuple[str, ...] | None:
    """What the value of a field says: nothing more than a default, that it is "needed", only "by
    name", or "out" of the constructor; None where that is only known when it runs."""
    node = _parsed(value)
    if not isinstance(node, ast.Call):
        return None
    given = {each.arg for each in node.keywords}
    if None in given:
        return None
    flags = constants(value)
    said = ["out"] if flags.get("init") is False else []
    said += ["by name"] if flags.get("kw_only") else []
    free = given & {"default", "default_factory", "factory"} or (
        node.args and ast.unparse(node.args[0]) != "..."
    )
    return (*said, *(() if free else ("needed",)))


def _is_field(value: str) -> bool:
    node = _parsed(value)
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _FIELDS


def _parsed(text: str) -> ast.expr | None:
    try:
        return parse_expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
