"""Whether what `register()` answers with is written out, in Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.names import Function, Names, bound_by
from gates.toolchains.languages.python.sources.offers import JOB_FIELDS, ROUTE_FIELDS
from gates.toolchains.languages.python.sources.trees import at, walk
from gates.toolchains.languages.python.sources.values import Scope, Values, assigned
from gates.toolchains.problem import Problem
from gates.toolchains.sources.register import (
    NAME,
    READ,
    is_a_step,
    is_computed,
    is_not_defined,
    is_used,
)

_COLLECTIONS = ("frozenset", "list", "set", "tuple")
_TEXTS = (ast.Constant, ast.JoinedStr, ast.BinOp)
"""Values that nobody can change."""
_FIELDS = {"Route": ROUTE_FIELDS, "Job": JOB_FIELDS}


def find_computed_answers(module: Module) -> Iterator[Problem]:
    """Each place where it is not: a branch, a loop, a call, a name that is bound or used twice.

    Raises `CouldNotCheckError` where a file does not parse.
    """
    names = Names(module.once(Values))
    found = _find_function(names, module.entrypoint)
    if found is None:
        yield is_not_defined(Location(module.entrypoint, 1, 1))
        return
    answer = _Answer(names)
    answer.function(*found)
    yield from dict.fromkeys([*answer.problems, *answer.uses(*found)])


def _find_function(names: Names, path: str) -> tuple[Function, str] | None:
    """The function that the entrypoint calls `register`, and its file."""
    found = names.find(path, NAME)
    if found is None or not isinstance(found[0], Function):
        return None
    return found[0], found[1]


class _Answer:
    """What one function answers with, followed through the module's names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._values = names.values
        self.problems: list[Problem] = []
        self._seen: set[ast.AST] = set()
        """Names where the answer itself uses them, and the expressions that they stand for."""

    def function(self, function: Function, path: str) -> None:
        """Names bound to what is written out, then one return of such."""
        for each in function.decorator_list:
            self.problems.append(is_a_step(ast.unparse(each), self._at(each, path)))
        scope: dict[str, tuple[ast.expr, str]] = {}
        *steps, last = function.body
        for step in steps[1:] if ast.get_docstring(function) is not None else steps:
            bound = dict(assigned([step]))
            if len(bound) == 1 and not bound.keys() & scope.keys():
                self._written_out(next(iter(bound.values())), path, scope)
                scope |= {name: (value, path) for name, value in bound.items()}
            else:
                self._step(step, path)
        if isinstance(last, ast.Return) and last.value is not None:
            self._written_out(last.value, path, scope)
        else:
            self._step(last, path)

    def uses(self, function: Function, path: str) -> Iterator[Problem]:
        """Where something that the answer holds is used, or its name bound, elsewhere."""
        for file, tree in self._values.trees.items():
            nodes = self._values.nodes(file)
            left_out = {*_local_names(nodes), *self._seen}
            left_out.update(*self._names.binding(tree).values())
            # Another name for it is no use: what is done by that name is found as well.
            left_out |= {value for _, value in assigned(tree.body) if isinstance(value, ast.Name)}
            for node in nodes:
                if isinstance(node, ast.Name | ast.Attribute) and node not in left_out:
                    value = self._find(node, file)
                    fixed = isinstance(value, _TEXTS) and isinstance(node.ctx, ast.Load)
                    if value in self._seen and not fixed:
                        yield is_used(ast.unparse(node), self._at(node, file))
        own = {name for step in function.body for name, _ in assigned([step])}
        for node in walk(function):
            read = isinstance(node, ast.Name) and node.id in own and not bound_by(node)
            if read and node not in self._seen:
                yield is_used(ast.unparse(node), self._at(node, path))

    def _find(self, node: ast.expr, path: str) -> ast.AST | None:
        """What a name, a name of another file, or a member of a class stands for."""
        found = self._find_placed(node, path)
        return found[0] if found is not None else None

    def _find_placed(self, node: ast.expr, path: str) -> tuple[ast.AST, str] | None:
        if isinstance(node, ast.Name):
            return self._names.find(path, node.id)
        if not isinstance(node, ast.Attribute):
            return None
        if (file := self._values.submodule(node.value, path)) is not None:
            return self._names.find(file, node.attr)
        owner = self._find_placed(node.value, path)
        if owner is not None and isinstance(owner[0], ast.ClassDef):
            value = self._names.assigned(owner[0]).get(node.attr)
            once = len(self._names.binding(owner[0]).get(node.attr, ())) == 1
            plain = once and not owner[0].keywords and _is_plainly_marked(owner[0])
            return (value, owner[1]) if value is not None and plain else None
        # "value" is also what a member of an enum has.
        return owner if node.attr == "value" and owner is not None else None

    def _written_out(self, node: ast.expr, path: str, scope: Scope) -> None:
        if node in self._seen:
            return
        self._seen.add(node)
        match node:
            case ast.Constant():
                return
            case ast.Tuple() | ast.List() | ast.Set():
                for each in node.elts:
                    inner = each.value if isinstance(each, ast.Starred) else each
                    self._written_out(inner, path, scope)
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if key is None:
                        self._written_out(value, path, scope)
                    elif not isinstance(key, ast.Constant):
                        self._computed(key, path)
                    elif key.value in READ:
                        self._written_out(value, path, scope)
            case ast.Call() if self._is_plain_class(node, path):
                name = ast.unparse(node.func).rpartition(".")[2]
                fields = _FIELDS.get(name, ())
                for index, each in enumerate(node.args):
                    if index >= len(fields) or fields[index] in READ:
                        inner = each.value if isinstance(each, ast.Starred) else each
                        self._written_out(inner, path, scope)
                for keyword in node.keywords:
                    if keyword.arg is None or keyword.arg in READ:
                        self._written_out(keyword.value, path, scope)
            case ast.Name() if node.id in scope:
                self._written_out(*scope[node.id], scope)
            case ast.Name() | ast.Attribute():
                found = self._find_placed(node, path)
                if found is None or not isinstance(found[0], ast.expr):
                    self._computed(node, path)
                else:
                    self._written_out(found[0], found[1], {})
            case ast.JoinedStr():
                for part in node.values:
                    self._written_out(part, path, scope)
            case ast.FormattedValue(format_spec=None):
                self._written_out(node.value, path, scope)
            case ast.BinOp(op=ast.Add()):
                self._written_out(node.left, path, scope)
                self._written_out(node.right, path, scope)
            case _:
                self._computed(node, path)

    def _is_plain_class(self, node: ast.Call, path: str) -> bool:
        """Whether a call makes a collection, or data of a class that runs no code of the module."""
        name = ast.unparse(node.func)
        if isinstance(found := self._find(node.func, path), ast.ClassDef):
            inner = (each.value for each in found.body if not isinstance(each, ast.Pass)
                     and isinstance(each, ast.AnnAssign | ast.Expr))  # fmt: skip
            return (
                _is_plainly_marked(found)
                and not found.keywords
                and all(self._find(each, path) is None for each in found.bases)
                and all(isinstance(e, ast.AnnAssign | ast.Expr | ast.Pass) for e in found.body)
                and all(value is None or isinstance(value, ast.Constant) for value in inner)
            )
        top, _, last = name.rpartition(".")
        bound = self._names.binding(self._values.trees[path]).get(top or name)
        if not bound:
            return name in _COLLECTIONS
        outside = (top or name) not in self._values.imported(path)
        imported = isinstance(bound[0], ast.Import | ast.ImportFrom)
        return len(bound) == 1 and imported and outside and last[:1].isupper()

    def _computed(self, node: ast.AST, path: str) -> None:
        self.problems.append(is_computed(ast.unparse(node), self._at(node, path)))

    def _step(self, node: ast.AST, path: str) -> None:
        self.problems.append(is_a_step(ast.unparse(node), self._at(node, path)))

    def _at(self, node: ast.AST, path: str) -> Location:
        return at(path, node, self._values.module.lines(path))


def _is_plainly_marked(node: ast.ClassDef) -> bool:
    """Whether the decorators of a class, if any, leave its members as they are written."""
    marks = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    return marks <= {"dataclass", "unique"}


def _local_names(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The uses of names that belong to a function: its parameters and what it binds itself."""
    for function in nodes:
        if not isinstance(function, Function | ast.Lambda):
            continue
        inside = list(walk(function))
        shared = {name for each in inside if isinstance(each, ast.Global) for name in each.names}
        own = {each.arg for each in inside if isinstance(each, ast.arg)}
        own |= {name for each in inside for name in bound_by(each)} - shared
        yield from (each for each in inside if isinstance(each, ast.Name) and each.id in own)
