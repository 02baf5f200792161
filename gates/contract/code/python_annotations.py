"""The types that the annotations of a Python package say."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gates.contract.code.python_names import Names
from gates.contract.code.standard import known_class
from gates.contract.code.types import Type, is_type, parse
from gates.syntax import parse_expression

if TYPE_CHECKING:
    import griffe

_SELF = ("typing.Self", "typing_extensions.Self")
MAX_DEPTH = 8
"""How many names for types are followed, one into the other."""


class Annotations:
    """Reads annotations in the scope that they stand in."""

    def __init__(
        self, names: Names, choices: Callable[[griffe.Object | griffe.Alias], tuple[str, ...]]
    ) -> None:
        self._names = names
        self._choices = choices
        self._known: dict[tuple[str, str], Type | None] = {}

    def read(self, text: str, scope: griffe.Object) -> Type | None:
        """The type that an annotation says in a scope; None where it is not understood."""
        key = (text, scope.path)
        if key not in self._known:
            self._known[key] = parse(text, lambda name: self._meant(name, scope))
        return self._known[key]

    def _meant(self, name: str, scope: griffe.Object, depth: int = 0) -> str | Type:
        """What a name in an annotation stands for; a class is the same where it moved to another
        file of its package, and another name for a type is that type."""
        import griffe

        path, node = self._names.find(scope, name)
        owner = scope.parent if scope.is_function or scope.is_attribute else None
        if owner is not None and owner.is_class and path in _SELF:
            return f"own.{owner.name}"
        if (
            node is not None
            and node.parent is not None
            and node.parent.is_class
            and (known_class(f"builtins.{name}") is not None)
        ):
            return name  # a member of the class that is called as a type is
        if (variable := self._variable(node, depth)) is not None:
            return variable
        if not self._names.is_own(path):
            return path
        value = getattr(node, "value", None)
        known = isinstance(node, griffe.Attribute | griffe.TypeAlias) and not self._choices(node)
        if known and node is not None and is_type(value) and depth < MAX_DEPTH:
            meant = parse(
                str(value), lambda inner: self._meant(inner, node.parent or node, depth + 1)
            )
            if meant is not None:
                return meant
        return f"own.{path.rpartition('.')[2]}"

    def _variable(self, node: griffe.Object | None, depth: int) -> str | None:
        """A type variable of the package by what it stands for: "T" and "_T" are no difference."""
        value = str(getattr(node, "value", ""))
        if node is None or not re.match(r"(\w+\.)*TypeVar\(", value) or depth >= MAX_DEPTH:
            return None
        call = parse_expression(value)
        if not isinstance(call, ast.Call) or not call.args:
            return None
        parts: list[tuple[str | None, ast.expr]] = [(None, each) for each in call.args[1:]]
        parts += [(each.arg, each.value) for each in call.keywords if each.arg != "default"]
        said = [f"{name}={self._limit(each, node, depth)}" for name, each in parts]
        name = ast.unparse(call.args[0]).strip("'\"").lstrip("_")
        return f"own.~{name}{said or ''}"

    def _limit(self, value: ast.expr, node: griffe.Object, depth: int) -> str:
        scope = node.parent or node
        found = parse(ast.unparse(value), lambda name: self._meant(name, scope, depth + 1))
        return ast.unparse(value) if found is None else " | ".join(sorted(map(str, found)))


def ancestors(collection: griffe.ModulesCollection) -> Iterator[tuple[str, frozenset[str] | None]]:
    """Every class of a wheel by its whole name, with those that it is one of; None where a parent
    is not known, or it is a protocol."""
    import griffe

    seen: set[str] = set()
    waiting: list[griffe.Object | griffe.Alias] = [*collection.members.values()]
    while waiting:
        each = waiting.pop()
        if isinstance(each, griffe.Class):
            yield f"own.{each.name}", _ancestors(each)
        elif isinstance(each, griffe.Module) and each.path not in seen:
            seen.add(each.path)
            waiting += each.members.values()


def _ancestors(cls: griffe.Class) -> frozenset[str] | None:
    found = {f"own.{cls.name}"}
    bases = {str(base) for base in cls.bases}
    try:
        known = [cls, *cls.mro()]
    except ValueError:
        return None
    for each in known:
        found.add(f"own.{each.name}")
        names = {str(base).partition("[")[0].rpartition(".")[2] for base in each.bases}
        inner = {base.name for base in each.resolved_bases}
        if names - inner - {"object"}:
            return None
    return frozenset(found) if len(known) > 1 or not bases else None
