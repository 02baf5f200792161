"""How a Python class may be made, changed and derived from, beyond what its members say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import TYPE_CHECKING

from gates.contract.code.calls import broken_calls
from gates.contract.code.python_facts import ancestry, base_paths, decorated, is_enum, offered

if TYPE_CHECKING:
    import griffe

_TYPING = ("typing.", "typing_extensions.")
_TUPLES = {f"{each}NamedTuple" for each in _TYPING}
_PROTOCOLS = {f"{each}Protocol" for each in _TYPING}
_FINAL = {f"{each}final" for each in _TYPING}
_ATTRS = {
    "attrs.define", "attrs.mutable", "attrs.frozen", "attr.define", "attr.mutable", "attr.frozen",
    "attr.s", "attr.attrs", "attr.dataclass",
}  # fmt: skip
_CLASSIC = {"attr.s", "attr.attrs"}
"""Those that take no annotation alone for a field, without `auto_attribs`."""
_DATACLASS = "dataclasses.dataclass"
_PYDANTIC = "pydantic.dataclasses.dataclass"
_EMPTY = {"abc.ABC", "builtins.object", "object", "typing.Generic", *_PROTOCOLS}
"""Parents whose objects have no dictionary of their own: `__slots__ = ()`."""
_FIELDS = {"field", "Field", "ib", "attrib"}


@dataclass(frozen=True)
class Noted:
    """One thing about a class that is not as it was."""

    name: str
    """The member that it is about; "" for the class itself."""
    message: str
    example: str | None = None
    """What worked and does not; None where that could not be shown."""


def class_notes(old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Noted]:
    """What a class does not allow any more, `symbol` being its name for callers."""
    yield from _frozen(old, new, symbol)
    yield from _records(old, new, symbol)
    yield from _abstract(old, new, symbol)
    before, after = _options(old), _options(new)
    if before.get("order") and not after.get("order") and "__lt__" not in new.all_members:
        yield Noted("", f"a {symbol} cannot be ordered any more", f"{symbol}() < {symbol}()")
    if before.get("frozen") and not after.get("frozen") and "__hash__" not in new.all_members:
        yield Noted("", f"objects of {symbol} may not be hashable any more")
    if decorated(new) & _FINAL and not decorated(old) & _FINAL and not is_enum(old):
        yield Noted("", f"{symbol} is final now; type checkers refuse a class made from it")
    if _closed(new) and not any(_slots(each) for each in ancestry(old)):
        yield Noted("", f"objects of {symbol} take no attributes but those in __slots__ now")


def _options(cls: griffe.Class) -> dict[str, bool]:
    """What the decorator that makes a class out of its fields is told, as far as it is written."""
    found: dict[str, bool] = {}
    for each in cls.decorators:
        path = str(each.callable_path)
        if path not in (_DATACLASS, _PYDANTIC) and path not in _ATTRS:
            continue
        found["frozen"] = path.endswith(".frozen")
        found |= _constants(str(each.value))
    return found


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_field(value: str) -> bool:
    node = _parsed(value)
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _FIELDS


def _constants(call: str) -> dict[str, bool]:
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


def is_frozen(cls: griffe.Class) -> bool:
    """Whether the fields of a class's objects cannot be set: its decorator, its model's
    configuration or its being a tuple says so."""
    for each in ancestry(cls):
        config = each.members.get("model_config")
        if (
            _options(each).get("frozen")
            or str(each.keywords.get("frozen", "")) == "True"
            or _constants(str(getattr(config, "value", ""))).get("frozen")
        ):
            return True
    return bool(base_paths(cls) & _TUPLES)


def _frozen(old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Noted]:
    if is_frozen(old) or not is_frozen(new) or is_enum(old):
        return
    after = offered(new)
    for name, member in offered(old).items():
        if name in after and member.is_attribute and "property" not in member.labels:
            yield Noted(
                "", f"the values of a {symbol} cannot be set any more", f"value.{name} = {name}"
            )
            return


def _kind(cls: griffe.Class) -> str | None:
    """What makes a class out of its fields, given by position or name; None for nothing known."""
    if "__init__" in cls.all_members or "__new__" in cls.all_members:
        return None
    if base_paths(cls) & _TUPLES:
        return "tuple"
    if any("msgspec.Struct" in base_paths(each) for each in ancestry(cls)):
        return "msgspec"
    paths = {path for each in ancestry(cls) for path in decorated(each)}
    return "attrs" if paths & _ATTRS else "pydantic" if _PYDANTIC in paths else None


def _made_from(cls: griffe.Class) -> Signature | None:
    """How a class is made from its fields; None where that is not written out."""
    found: dict[str, Parameter] = {}
    for each in reversed(ancestry(cls)):
        by_name = bool(_options(each).get("kw_only")) or str(each.keywords.get("kw_only")) == "True"
        called_alone = decorated(each) & _CLASSIC and not _options(each).get("auto_attribs")
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
    flags = _constants(value)
    said = ["out"] if flags.get("init") is False else []
    said += ["by name"] if flags.get("kw_only") else []
    free = node.args or given & {"default", "default_factory", "factory"}
    return (*said, *(() if free else ("needed",)))


def _records(old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Noted]:
    if _kind(old) is None or _kind(old) != _kind(new):
        return
    before, after = _made_from(old), _made_from(new)
    if before is None or after is None:
        if before is not after:
            yield Noted("", f"how {symbol}() is made from its fields changed")
        return
    broken = list(broken_calls(before, after))
    for each in broken:
        call = f"{symbol}({each.call})"
        yield Noted("", f"{call} worked, and does not: {each.why}", call)
    one, other = len(before.parameters), len(after.parameters)
    if not broken and _kind(old) == "tuple" and one != other and one:
        names = ", ".join(before.parameters) + ("," if one == 1 else "")
        yield Noted("", f"a {symbol} has {other} values, it had {one}", f"{names} = value")


def _abstract(old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Noted]:
    """What a class made from this one must define now, or an object that is taken for one."""
    if decorated(old) & _FINAL:
        return
    before, after = _undefined(old), _undefined(new)
    for name in sorted(after - before):
        said = f"a class made from {symbol} must define {name} now"
        yield Noted(name, said, f"a child of {symbol} without {name}" if _is_abc(new) else None)
    if base_paths(old) & _PROTOCOLS and base_paths(new) & _PROTOCOLS:
        for name in offered(new):
            if name not in offered(old) and name not in after:
                said = f"what is taken for a {symbol} must have {name} now"
                yield Noted(name, said, f"an object without {name} given as a {symbol}")


def _undefined(cls: griffe.Class) -> set[str]:
    return {name for name, each in cls.all_members.items() if "abstractmethod" in each.labels}


def _is_abc(cls: griffe.Class) -> bool:
    return any(
        base_paths(each) & {"abc.ABC", *_PROTOCOLS}
        or str(each.keywords.get("metaclass", "")).rpartition(".")[2] == "ABCMeta"
        or any(path.startswith("collections.abc.") for path in base_paths(each))
        for each in ancestry(cls)
    )


def _slots(cls: griffe.Class) -> bool:
    return "__slots__" in cls.members or bool(_options(cls).get("slots"))


def _closed(cls: griffe.Class) -> bool:
    """Whether objects of a class surely have no dictionary."""
    known = ancestry(cls)
    names = {each.path for each in known}
    return all(
        _slots(each)
        and "__dict__" not in str(getattr(each.members.get("__slots__"), "value", ""))
        and base_paths(each) <= names | _EMPTY
        for each in known
    )
