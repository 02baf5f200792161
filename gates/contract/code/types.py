"""Whether every value of one Python type is a value of another, as far as it can be shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from gates.contract.code.standard import ABSTRACT, NONE, TYPING, known_class
from gates.records import dataclass
from gates.syntax import parse_expression

_TRANSPARENT = {"Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"}
_COVARIANT = {
    "builtins.tuple", "builtins.frozenset", "builtins.type", "collections.abc.Sequence",
    "collections.abc.Iterable", "collections.abc.Iterator", "collections.abc.Collection",
    "collections.abc.Set", "collections.abc.Awaitable", "collections.abc.AsyncIterator",
    "collections.abc.AsyncIterable", "collections.abc.Mapping",
}  # fmt: skip
_GIVEN = {
    "collections.abc.Coroutine": 2, "collections.abc.Generator": 0,
    "collections.abc.AsyncGenerator": 0, "builtins.dict": 0, "collections.abc.Mapping": 0,
}  # fmt: skip
"""Which argument says what is got by awaiting a value, or by going through it."""
_TOWER = ("builtins.bool", "builtins.int", "builtins.float", "builtins.complex")
"""Each is taken where a later one is asked for (PEP 484, "The numeric tower")."""
ANY = "typing.Any"


@dataclass(frozen=True)
class Atom:
    """One type that is no union: its whole name, and its arguments or its literal value."""

    name: str
    arguments: tuple[Type, ...] = ()
    literal: str | None = None


Type = frozenset[Atom]
"""A union of types; with one member, that type."""


NOTHING: Type = frozenset({Atom(NONE)})
"""The type of `None`: type checkers let nobody use an answer that is nothing else."""
Resolve = Callable[[str], "str | Type"]
"""Gives the whole name of a dotted name in its scope, or the type that it is another name for."""


def parse(text: str, resolve: Resolve) -> Type | None:
    """The type that an annotation says; None for one that is not understood."""
    try:
        return _read(_expression(text.strip()), resolve)
    except (SyntaxError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=4096)
def _expression(text: str) -> ast.expr:
    return parse_expression(text)


def _read(node: ast.expr, resolve: Resolve) -> Type:
    if isinstance(node, ast.Constant):
        if node.value is None:
            return frozenset({Atom(NONE)})
        if isinstance(node.value, str):
            return _read(_expression(node.value), resolve)
        if node.value is Ellipsis:
            return frozenset({Atom("...")})
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _read(node.left, resolve) | _read(node.right, resolve)
    if isinstance(node, ast.Name | ast.Attribute):
        named = _name(node, resolve)
        return frozenset({Atom(named)}) if isinstance(named, str) else named
    if isinstance(node, ast.List):
        return frozenset({Atom("[]", tuple(_read(each, resolve) for each in node.elts))})
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name | ast.Attribute):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        name = _name(node.value, resolve)
        if not isinstance(name, str):
            name = f"own.{ast.unparse(node.value).rpartition('.')[2]}"  # made with arguments
        short = name.rpartition(".")[2] if name.startswith("typing") else ""
        if short == "Literal":
            if any(isinstance(each, ast.Name) for each in inner):
                # Another name for literal types, or no literal at all (PEP 586).
                raise ValueError(ast.unparse(node))
            return frozenset(Atom("Literal", literal=ast.unparse(each)) for each in inner)
        if short in _TRANSPARENT:
            return _read(inner[0], resolve)
        arguments = tuple(_read(each, resolve) for each in inner)
        if short == "Union":
            return frozenset().union(*arguments)
        if short == "Optional":
            return arguments[0] | {Atom(NONE)}
        if not inner:
            raise ValueError(ast.unparse(node))  # tuple[()] is not tuple
        return frozenset({Atom(name, () if _say_nothing(name, arguments) else arguments)})
    raise ValueError(ast.unparse(node))


def _say_nothing(name: str, arguments: tuple[Type, ...]) -> bool:
    """Whether a type means the same without its arguments (PEP 484, "Missing type parameters")."""
    anything, more = frozenset({Atom(ANY)}), frozenset({Atom("...")})
    if name == "builtins.tuple" and arguments != (anything, more):
        return False  # a tuple of one value is not every tuple
    return all(each in (anything, more) for each in arguments)


def _name(node: ast.expr, resolve: Resolve) -> str | Type:
    text = ast.unparse(node)
    name = resolve(text) if all(each.isidentifier() for each in text.split(".")) else text
    if not isinstance(name, str):
        return name
    module, _, last = name.rpartition(".")
    if module in ("typing", "typing_extensions"):
        if last in TYPING:
            return TYPING[last]
        if known_class(f"{ABSTRACT}{last}") is not None:
            return f"{ABSTRACT}{last}"
        return f"typing.{last}"
    if not module and known_class(f"builtins.{name}") is not None:
        return f"builtins.{name}"
    return name


def never_called(values: Type | None) -> bool:
    """Whether the values of a type cannot be called, as far as the standard library knows it."""
    known = [known_class(each.name) for each in values or ()]
    return bool(known) and not any(
        each is None
        or each in (object, type)
        or each.__module__ == "collections.abc"
        or any("__call__" in one.__dict__ for one in each.__mro__)
        for each in known
    )


def is_type(value: object) -> bool:
    """Whether a value is written as a type that is more than a name: a union, or parts of one."""
    try:
        node = _expression(str(value))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return isinstance(node, ast.Subscript) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    )


def spelled(type_: Type) -> str:
    """A type written out, as an annotation; names without their modules."""
    parts = sorted(_spelled(each) for each in type_)
    return " | ".join(sorted(parts, key=lambda part: part == "None"))


def is_spelled(text: str, type_: Type) -> bool:
    """Whether an annotation says a type by the names of its parts."""
    return {*re.findall(r"\w+", text)} <= {*re.findall(r"\w+", spelled(type_))}


def _spelled(atom: Atom) -> str:
    if atom.literal is not None:
        return f"Literal[{atom.literal}]"
    inner = ", ".join(spelled(each) for each in atom.arguments)
    name = "" if atom.name == "[]" else atom.name.rpartition(".")[2] or atom.name
    return f"{name}[{inner}]" if inner or atom.name == "[]" else name


class Types:
    """Compares types, knowing the classes of a package by what they are made from."""

    def __init__(self, ancestors: Mapping[str, frozenset[str] | None]) -> None:
        self._ancestors = ancestors
        """Every class that a class is one of, itself included, by whole name; None for a class
        with a parent that is not known, or that is a protocol."""

    def within(self, small: Type, large: Type, *, unsaid: bool = False) -> bool | None:
        """Whether every value of `small` is one of `large`; None where that cannot be shown. What
        `small` leaves `unsaid`, the arguments of a generic type, may promise nothing."""
        if small == large:
            return True
        answers = [self._one(each, small, large, unsaid) for each in small - large]
        return False if False in answers else None if None in answers else True

    def _one(self, atom: Atom, small: Type, large: Type, unsaid: bool) -> bool | None:
        if atom.name == ANY or Atom(ANY) in large:
            return None
        if atom.name == NONE and large and large <= small:
            return False  # what holds None already would not be written with it
        answers = [self._atoms(atom, each, unsaid) for each in large]
        return True if True in answers else None if None in answers else False

    def _atoms(self, one: Atom, other: Atom, unsaid: bool) -> bool | None:
        if other.name == "builtins.object":
            return True
        if one.literal is not None:
            if other.literal is not None:
                return one.literal == other.literal
            try:
                value = type(ast.literal_eval(one.literal)).__name__
            except (ValueError, SyntaxError):
                return None
            return self._atoms(Atom(f"builtins.{value}"), other, unsaid)
        if other.literal is not None:
            return False if known_class(one.name) is not None else None
        if one.name == other.name:
            return self._arguments(one, other, unsaid)
        if one.name in _TOWER and other.name in _TOWER:
            return _TOWER.index(one.name) < _TOWER.index(other.name)
        left, right = known_class(one.name), known_class(other.name)
        if left is not None and right is not None:
            return self._elements(one, other, unsaid) if issubclass(left, right) else False
        ours = self._ancestors.get(one.name, frozenset())
        if ours and other.name in ours:
            return None if other.arguments else True
        if ours and right is not None and not other.name.startswith(ABSTRACT):
            return False
        if other.name in self._ancestors and self._ancestors[other.name] is not None:
            # A class of the package that is known whole: nothing is one that is not made from it.
            return False if left is not None or ours else None
        return None

    def _elements(self, one: Atom, other: Atom, unsaid: bool) -> bool | None:
        """Whether a container's elements fit those of a wider kind of container."""
        if not other.arguments:
            return True
        ours = one.arguments
        if one.name == "builtins.tuple" and ours[1:] == (frozenset({Atom("...")}),):
            ours = ours[:1]
        place = _GIVEN.get(one.name)
        if place is not None and len(ours) > place and len(other.arguments) == 1:
            ours = ours[place : place + 1]
        if other.name not in _COVARIANT or len(ours) != len(other.arguments):
            return None
        answers = [
            self.within(*pair, unsaid=unsaid) for pair in zip(ours, other.arguments, strict=True)
        ]
        return False if False in answers else None if None in answers else True

    def _arguments(self, one: Atom, other: Atom, unsaid: bool) -> bool | None:
        if one.arguments == other.arguments or not other.arguments:
            return True
        if unsaid and not one.arguments:
            return True
        if len(one.arguments) != len(other.arguments) or not one.arguments:
            return None
        pairs = list(zip(one.arguments, other.arguments, strict=True))
        answers = [self.within(left, right, unsaid=unsaid) for left, right in pairs]
        if False in answers:
            return False if one.name.startswith(("builtins.", ABSTRACT)) else None
        return True if one.name in _COVARIANT and None not in answers else None
