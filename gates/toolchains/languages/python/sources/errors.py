"""What a Python module's sources raise, from their syntax trees."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at, python_trees

ROOT = "AxonError"
PLATFORM = "axon_"
BUILTINS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
_PROTOCOLS = {
    "AttributeError": {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__get__"},
    "KeyError": {"__getitem__", "__delitem__", "__missing__", "pop"},
    "IndexError": {"__getitem__"},
    "StopIteration": {"__next__"},
    "StopAsyncIteration": {"__anext__"},
    "TypeError": {"__init_subclass__", "__class_getitem__", "__reduce__", "__hash__"},
}


def find_foreign_errors(module: Module) -> Iterator[tuple[str, Location]]:
    """Each raise of something that is known to be no AxonError: its name and place."""
    trees = python_trees(module)
    bases: dict[str, list[str]] = {}
    for tree in trees.values():
        platform = _platform_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [
                    ROOT if _first(base) in platform else _last(base) for base in node.bases
                ]
    own = {path.split("/")[1] for path in trees if path.startswith("src/") and "/" in path[4:]}
    for path, tree in trees.items():
        visitor = _Raises(bases, own, tree)
        visitor.visit(tree)
        for name, node in visitor.found:
            yield name, at(path, node, module.lines(path))


def _platform_names(tree: ast.Module) -> set[str]:
    return {
        (each.asname or each.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for each in node.names
        if (node.module or "" if isinstance(node, ast.ImportFrom) else each.name).startswith(
            PLATFORM
        )
    }


def _first(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return getattr(node, "id", "")


def _last(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


class _Raises(ast.NodeVisitor):
    """Collects the raises of one file, knowing the functions around each."""

    def __init__(self, bases: Mapping[str, list[str]], own: set[str], tree: ast.Module) -> None:
        self.found: list[tuple[str, ast.AST]] = []
        self._bases = bases
        self._functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self._foreign: set[str] = set()
        self._platform = _platform_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and not node.level:
                top = (node.module or "").split(".")[0]
                names = {each.asname or each.name for each in node.names}
                if not top.startswith(PLATFORM) and top not in own:
                    self._foreign |= names
            elif isinstance(node, ast.Import):
                names = {(each.asname or each.name).split(".")[0] for each in node.names}
                tops = {each.name.split(".")[0] for each in node.names}
                if not tops & own:
                    self._foreign |= names - self._platform

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()

    def visit_Raise(self, node: ast.Raise) -> None:
        self.generic_visit(node)
        value = node.exc
        if value is None:
            return
        if isinstance(value, ast.Name) and not isinstance(value.ctx, ast.Store):
            value = self._assigned(value.id) or value
        target = value.func if isinstance(value, ast.Call) else value
        if not isinstance(target, ast.Name | ast.Attribute):
            return
        name = _last(target)
        first = target
        while isinstance(first, ast.Attribute):
            if not isinstance(first.value, ast.Name | ast.Attribute):
                return
            first = first.value
        if self._is_wrong(name, first.id) and not self._is_protocol(name):
            self.found.append((name, node.exc or node))

    def _assigned(self, name: str) -> ast.expr | None:
        scope = self._functions[-1] if self._functions else None
        for node in ast.walk(scope) if scope else ():
            if isinstance(node, ast.Assign) and any(_last(each) == name for each in node.targets):
                return node.value
        return None

    def _is_wrong(self, name: str, first: str) -> bool:
        if first in self._platform:
            return False
        if first in self._foreign:
            return True
        seen: set[str] = set()
        todo = [name]
        while todo:
            each = todo.pop()
            if each == ROOT or each in self._platform:
                return False
            if each not in seen:
                seen.add(each)
                todo += self._bases.get(each, [])
        return name in self._bases or (name == first and name in BUILTINS)

    def _is_protocol(self, name: str) -> bool:
        if not self._functions:
            return False
        function = self._functions[-1]
        decorators = {
            _last(each.func if isinstance(each, ast.Call) else each)
            for each in function.decorator_list
        }
        if name == "NotImplementedError":
            return True
        if name in ("ValueError", "AssertionError", "PydanticCustomError"):
            return any("validator" in each for each in decorators)
        return function.name in _PROTOCOLS.get(name, ())
