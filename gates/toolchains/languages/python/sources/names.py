"""What the names of a Python module's files are bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from gates.toolchains.languages.python.sources.values import Values, assigned
from gates.toolchains.sources.register import MAX_HOPS

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef


class Names:
    """Looks up names, each once."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._bindings: dict[ast.AST, Mapping[str, Sequence[ast.AST]]] = {}
        self._assigned: dict[ast.AST, Mapping[str, ast.expr]] = {}
        self._found: dict[tuple[str, str], tuple[ast.AST, str] | None] = {}

    def find(self, path: str, name: str) -> tuple[ast.AST, str] | None:
        """The value, function or class that a name of a file stands for, and the file of that.

        None where it is bound more than once on the way, under a condition, or outside the module.
        """
        if (path, name) not in self._found:
            self._found[path, name] = self._find(path, name)
        return self._found[path, name]

    def _find(self, path: str, name: str) -> tuple[ast.AST, str] | None:
        for _ in range(MAX_HOPS):
            tree = self.values.trees.get(path)
            bound = self.binding(tree).get(name, ()) if tree else ()
            if tree is None or len(bound) != 1:
                return None
            if isinstance(bound[0], ast.ImportFrom) and bound[0] in tree.body:
                path, name = self.values.imported(path).get(name, ("", ""))
            elif isinstance(bound[0], Function | ast.ClassDef) and bound[0] in tree.body:
                return bound[0], path
            else:
                value = self.assigned(tree).get(name)
                if not isinstance(value, ast.Name):
                    return (value, path) if value is not None else None
                name = value.id
        return None

    def binding(self, scope: Scope) -> Mapping[str, Sequence[ast.AST]]:
        """The nodes of a file, or of a class, that bind a name when they run, by that name."""
        if scope not in self._bindings:
            found: dict[str, list[ast.AST]] = {}
            for node in _outer(scope):
                for name in bound_by(node):
                    found.setdefault(name, []).append(node)
            self._bindings[scope] = found
        return self._bindings[scope]

    def assigned(self, scope: Scope) -> Mapping[str, ast.expr]:
        """The last value that each name of a file, or of a class, is bound to."""
        if scope not in self._assigned:
            self._assigned[scope] = dict(assigned(scope.body))
        return self._assigned[scope]


def bound_by(node: ast.AST) -> frozenset[str] | set[str]:
    """The names that one node binds."""
    if isinstance(node, ast.Name):
        return _NONE if isinstance(node.ctx, ast.Load) else {node.id}
    if isinstance(node, Function | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name).partition(".")[0] for each in node.names}
    return _NONE


_NONE: frozenset[str] = frozenset()


def _outer(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the file is loaded; not those inside functions and classes."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            yield from _outer(node)
