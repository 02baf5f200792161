"""How a Python class may be made, changed and derived from, beyond what its members say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.contract.code.calls import broken_calls
from gates.contract.code.python_facts import ancestry, base_paths, decorated, is_enum, offered
from gates.contract.code.python_fields import (
    ATTRS,
    DATACLASS,
    PYDANTIC,
    TUPLES,
    constants,
    kind,
    made_from,
    options,
)
from gates.records import dataclass

if TYPE_CHECKING:
    import griffe

_TYPING = ("typing.", "typing_extensions.")
_PROTOCOLS = {f"{each}Protocol" for each in _TYPING}
_FINAL = {f"{each}final" for each in _TYPING}
_EMPTY = {"abc.ABC", "builtins.object", "object", "typing.Generic", *_PROTOCOLS}
"""Parents whose objects have no dictionary of their own: `__slots__ = ()`."""
_KNOWN = {
    DATACLASS, PYDANTIC, *ATTRS, *_FINAL, "functools.total_ordering", "enum.unique",
    *(f"{each}{name}" for each in _TYPING
      for name in ("runtime_checkable", "dataclass_transform", "deprecated")),
    "warnings.deprecated",
}  # fmt: skip
"""Decorators of classes that are compared by what they do, or change nothing for callers."""


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
    before, after = options(old), options(new)
    if before.get("order") and not after.get("order") and "__lt__" not in new.all_members:
        yield Noted("", f"a {symbol} cannot be ordered any more", f"{symbol}() < {symbol}()")
    if before.get("frozen") and not after.get("frozen") and "__hash__" not in new.all_members:
        yield Noted("", f"objects of {symbol} may not be hashable any more")
    for path in sorted((decorated(old) ^ decorated(new)) - _KNOWN):
        verb = "is wrapped by" if path in decorated(new) else "is not wrapped any more by"
        yield Noted("", f"{symbol} {verb} @{path}")
    if decorated(new) & _FINAL and not decorated(old) & _FINAL and not is_enum(old):
        yield Noted("", f"{symbol} is final now; type checkers refuse a class made from it")
    if _closed(new) and not any(_slots(each) for each in ancestry(old)):
        yield Noted("", f"objects of {symbol} take no attributes but those in __slots__ now")


def is_frozen(cls: griffe.Class) -> bool:
    """Whether the fields of a class's objects cannot be set: its decorator, its model's
    configuration or its being a tuple says so."""
    for each in ancestry(cls):
        config = each.members.get("model_config")
        if (
            options(each).get("frozen")
            or str(each.keywords.get("frozen", "")) == "True"
            or constants(str(getattr(config, "value", ""))).get("frozen")
        ):
            return True
    return bool(base_paths(cls) & TUPLES)


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


def _records(old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Noted]:
    if kind(old) != kind(new):
        yield Noted("", f"how {symbol}() is made from its fields changed")
    if kind(old) is None or kind(old) != kind(new):
        return
    before, after = made_from(old), made_from(new)
    if before is None or after is None:
        if before is not after:
            yield Noted("", f"how {symbol}() is made from its fields changed")
        return
    broken = list(broken_calls(before, after))
    for each in broken:
        call = f"{symbol}({each.call})"
        yield Noted("", f"{call} worked, and does not: {each.why}", call)
    one, other = len(before.parameters), len(after.parameters)
    if not broken and kind(old) == "tuple" and one != other and one:
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
    return "__slots__" in cls.members or bool(options(cls).get("slots"))


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
