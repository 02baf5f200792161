"""The texts that expressions of a Python module stand for, as far as its sources say."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from gates.errors import CouldNotCheckError
from gates.module import Module
from gates.toolchains.languages.python.environment import sources
from gates.toolchains.languages.python.sources.trees import python_nodes, python_trees, walk

MAX_DEPTH = 12
MAX_VALUES = 16
Scope = Mapping[str, "tuple[ast.expr, str]"]
"""Parameters of a function by name, with what one call of it gives for each, and that file."""


class Values:
    """The constants of a module's files, looked up on demand.

    Raises `CouldNotCheckError` where a file does not parse.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.trees = python_trees(module)
        if broken := [path for path in sources(module) if path not in self.trees]:
            raise CouldNotCheckError(
                f"{broken[0]} cannot be parsed, so that what it holds is not known",
                hint="fix what the check ruff reports",
            )
        self._names: dict[str, dict[str, list[ast.expr | ast.ClassDef]]] = {}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}
        self._around: dict[str, dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef]] = {}

    def nodes(self, path: str) -> tuple[ast.AST, ...]:
        """All nodes of a file; see `python_nodes`."""
        return python_nodes(self.module, path)

    def texts(
        self, node: ast.expr | None, path: str, scope: Scope | None = None, depth: int = 0
    ) -> tuple[str, ...] | None:
        """The texts that an expression can be; None where they are not known."""
        if node is None or depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Constant):
            return (node.value,) if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            made: tuple[str, ...] = ("",)
            for part in node.values:
                inner = part.value if isinstance(part, ast.FormattedValue) else part
                if isinstance(part, ast.FormattedValue) and (
                    part.format_spec is not None or part.conversion not in (-1, 115)
                ):
                    return None
                more = self.texts(inner, path, scope, depth + 1)
                if more is None:
                    return None
                made = _cut(one + other for one in made for other in more)
            return made
        if isinstance(node, ast.BinOp):
            left = self.texts(node.left, path, scope, depth + 1)
            right = self.texts(node.right, path, scope, depth + 1)
            if not isinstance(node.op, ast.Add) or left is None or right is None:
                return None
            return _cut(one + other for one in left for other in right)
        if isinstance(node, ast.IfExp | ast.BoolOp):
            sides = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            found = [self.texts(each, path, scope, depth + 1) for each in sides]
            known = [each for each in found if each is not None]
            return _cut(t for each in known for t in each) if len(known) == len(found) else None
        value = self.value(node, path, scope, depth + 1)
        if value is None or isinstance(value[0], ast.ClassDef):
            return None
        return self.texts(value[0], value[1], None, depth + 1)

    def value(
        self, node: ast.expr | None, path: str, scope: Scope | None = None, depth: int = 0
    ) -> tuple[ast.expr | ast.ClassDef, str] | None:
        """What a name, or a member of a module, class, enum or dict, stands for, and its file."""
        if node is None or depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Name):
            if scope is not None and node.id in scope:
                return scope[node.id]
            return self.constant(path, node.id, depth + 1)
        if isinstance(node, ast.Attribute):
            if node.attr == "value":  # of a member of an enum
                inner = self.value(node.value, path, scope, depth + 1)
                if inner is not None:
                    return inner
            if (submodule := self.submodule(node.value, path)) is not None:
                return self.constant(submodule, node.attr, depth + 1)
            owner = self.value(node.value, path, scope, depth + 1)
            if owner is None or not isinstance(owner[0], ast.ClassDef):
                return None
            members = [value for name, value in assigned(owner[0].body) if name == node.attr]
            return (members[0], owner[1]) if len(members) == 1 else None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            owner = self.value(node.value, path, scope, depth + 1)
            if owner is None or not isinstance(owner[0], ast.Dict):
                return None
            for key, value in zip(owner[0].keys, owner[0].values, strict=True):
                if isinstance(key, ast.Constant) and key.value == node.slice.value:
                    return value, owner[1]
        return None

    def plain(self, node: ast.expr, path: str, scope: Scope | None = None) -> tuple[ast.expr, str]:
        """An expression with names taken away, and the file that it is in."""
        for _ in range(MAX_DEPTH):
            found = self.value(node, path, scope)
            if found is None or isinstance(found[0], ast.ClassDef):
                break
            node, path, scope = found[0], found[1], None
        return node, path

    def constant(
        self, path: str, name: str, depth: int = 0
    ) -> tuple[ast.expr | ast.ClassDef, str] | None:
        """What a name of a file's top level stands for, through its imports."""
        if depth > MAX_DEPTH or path not in self.trees:
            return None
        if path not in self._names:
            known: dict[str, list[ast.expr | ast.ClassDef]] = {}
            for each, value in assigned(self.trees[path].body):
                known.setdefault(each, []).append(value)
            for statement in self.trees[path].body:
                if isinstance(statement, ast.ClassDef):
                    known.setdefault(statement.name, []).append(statement)
            self._names[path] = known
        found = self._names[path].get(name, [])
        if len(found) == 1:
            return found[0], path
        if not found and name in self.imported(path):
            source, original = self.imported(path)[name]
            return self.constant(source, original, depth + 1) if original else None
        return None

    def scopes(self, node: ast.AST, path: str) -> list[Scope]:
        """Every way in which the function around a node is called, by its parameters.

        One empty scope for a node outside functions, or in one that is never called by its name.
        """
        if path not in self._around:
            around: dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef] = {}
            for each in self.nodes(path):
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    around |= dict.fromkeys(walk(each), each)
            self._around[path] = around
        function = self._around[path].get(node)
        calls = self._calls.get(function.name, []) if function is not None else []
        if function is None or not calls:
            return [{}]
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if names[:1] in (["self"], ["cls"]):
            names = names[1:]
        known = {*names, *(each.arg for each in function.args.kwonlyargs)}
        defaults = dict(_defaults(function.args, path))
        return [
            {
                **defaults,
                **{name: (given, where) for name, given in zip(names, call.args, strict=False)},
                **{k.arg: (k.value, where) for k in call.keywords if k.arg in known and k.arg},
            }
            for call, where in calls
        ]

    @cached_property
    def _calls(self) -> dict[str, list[tuple[ast.Call, str]]]:
        found: dict[str, list[tuple[ast.Call, str]]] = {}
        for path in self.trees:
            for node in self.nodes(path):
                if isinstance(node, ast.Call):
                    name = ast.unparse(node.func).rpartition(".")[2]
                    found.setdefault(name, []).append((node, path))
        return found

    def imported(self, path: str) -> dict[str, tuple[str, str]]:
        """What a file imports from the module's own, by its name there: file and name; no name
        where it is the file itself."""
        if path not in self._imports:
            found: dict[str, tuple[str, str]] = {}
            for node in self.nodes(path):
                if isinstance(node, ast.ImportFrom):
                    for each in node.names:
                        name = each.asname or each.name
                        stem = self._stem(path, node)
                        if inner := self._file(posixpath.join(stem, each.name)):
                            found[name] = (inner, "")
                        elif source := self._file(stem):
                            found[name] = (source, each.name)
                elif isinstance(node, ast.Import):
                    for each in node.names:
                        whole = each.name if each.asname else each.name.partition(".")[0]
                        if source := self._file(whole.replace(".", "/")):
                            found[each.asname or whole] = (source, "")
            self._imports[path] = found
        return self._imports[path]

    def submodule(self, node: ast.expr, path: str) -> str | None:
        """The file that a dotted name stands for where it is a module of the module's own."""
        if isinstance(node, ast.Attribute):
            package = self.submodule(node.value, path) or ""
            folder, name = posixpath.split(package)
            return self._file(f"{folder}/{node.attr}") if name == "__init__.py" else None
        if not isinstance(node, ast.Name) or path not in self.trees:
            return None
        source, name = self.imported(path).get(node.id, ("", "-"))
        return source if source and not name else None

    def _stem(self, path: str, node: ast.ImportFrom) -> str:
        inner = (node.module or "").replace(".", "/")
        if not node.level:
            return inner
        base = path
        for _ in range(node.level):
            base = posixpath.dirname(base)
        return posixpath.join(base, inner) if inner else base

    def _file(self, stem: str) -> str | None:
        for base in (stem, f"src/{stem}"):
            for end in (".py", "/__init__.py"):
                if f"{base}{end}" in self.trees:
                    return f"{base}{end}"
        return None


def assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names that statements bind to a value, without those inside other statements."""
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


def _defaults(arguments: ast.arguments, path: str) -> Iterator[tuple[str, tuple[ast.expr, str]]]:
    named = [*arguments.posonlyargs, *arguments.args]
    for each, value in zip(reversed(named), reversed(arguments.defaults), strict=False):
        yield each.arg, (value, path)
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield each.arg, (default, path)


def _cut(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:MAX_VALUES]
