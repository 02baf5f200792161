"""What every rule asks of mypy's result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from mypy.build import BuildResult
from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Context,
    Expression,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    RefExpr,
    SymbolNode,
    TupleExpr,
    TypeInfo,
    Var,
)  # fmt: skip
from mypy.types import (
    FunctionLike,
    Instance,
    ProperType,
    TupleType,
    Type,
    TypeType,
    TypeVarType,
    UnionType,
    get_proper_type,
)  # fmt: skip

from gates.records import dataclass, field
from gates.toolchains.languages.python.rules.walk import walk
from gates.toolchains.languages.python.rules.written_types import expressions

Found: TypeAlias = Mapping[str, str | int | None]
"""A break of a rule, as the answer has it."""


@dataclass(frozen=True)
class Request:
    """What the gate asks."""

    files: list[str]
    """All Python files of the module."""
    sources: list[str]
    """Those that the rules hold for."""
    environment: list[str]
    prefix: str
    answer: str
    entry: str | None = None
    """The file of `register()`."""


@dataclass(frozen=True)
class SourceFile:
    """One file of the module."""

    path: str
    tree: MypyFile
    nodes: list[Node]
    members: dict[int, MemberExpr] = field(default_factory=dict)
    """The member that is asked of an expression, by the identity of the expression."""
    calls: dict[int, CallExpr] = field(default_factory=dict)
    """The call of an expression, by the identity of the expression."""
    parents: dict[int, Node] = field(default_factory=dict)
    """The node around a node, by the identity of the node."""
    children: dict[int, list[Node]] = field(default_factory=dict)
    """The nodes right inside of a node, by its identity."""
    annotations: set[int] = field(default_factory=set)
    """What runs inside of annotations, by its identity."""

    @staticmethod
    def of(result: BuildResult, path: str, tree: MypyFile) -> SourceFile:
        """The file with every node of its tree, and of what runs in its annotations.

        Raises as `walk` and `expressions`.
        """
        file = SourceFile(path, tree, [])
        every = list(walk(tree))
        for each in expressions(result, tree, [node for node, _ in every]):
            every += [(node, parent or tree) for node, parent in walk(each)]
            file.annotations.add(id(each))
        for node, parent in every:
            file.nodes.append(node)
            if parent is not None:
                file.parents[id(node)] = parent
                file.children.setdefault(id(parent), []).append(node)
            if isinstance(node, MemberExpr):
                file.members[id(node.expr)] = node
            elif isinstance(node, CallExpr):
                file.calls[id(node.callee)] = node
        return file

    def is_in_annotation(self, node: Node) -> bool:
        """Whether a node runs as a part of an annotation, where mypy knows no types of values."""
        around: Node | None = node
        while around is not None and id(around) not in self.annotations:
            around = self.parents.get(id(around))
        return around is not None

    def lines(self) -> list[str]:
        """The lines of the file; no lines where it cannot be read again."""
        try:
            return Path(self.path).read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return []

    def references(self) -> Iterator[RefExpr]:
        """Every use of a name, and of a member of a module or class."""
        yield from (each for each in self.nodes if isinstance(each, RefExpr))


@dataclass(frozen=True)
class Program:
    """All files of the module, with the types of their expressions."""

    request: Request
    result: BuildResult
    files: tuple[SourceFile, ...]
    values: Mapping[int, list[Expression]]
    """What a name is given anywhere, by the identity of what it stands for."""

    @staticmethod
    def of(result: BuildResult, request: Request) -> Program:
        """The module's files of mypy's result. Raises `LookupError` where one is not there."""
        trees = own_trees(result, request)
        files = tuple(
            SourceFile.of(result, path, tree)
            for path, tree in zip(request.sources, trees, strict=True)
        )
        values: dict[int, list[Expression]] = {}
        for file in files:
            for each in file.nodes:
                if isinstance(each, AssignmentStmt):
                    for name in assigned(each):
                        values.setdefault(id(name.node), []).append(each.rvalue)
        return Program(request, result, files, values)

    def is_environment(self, file: SourceFile) -> bool:
        """Whether a file may read the environment."""
        return file.path in self.request.environment

    def type_of(self, node: Expression) -> ProperType | None:
        """The type of an expression; None where mypy did not look at it."""
        found = self.result.types.get(node)
        return None if found is None else get_proper_type(found)

    def is_own(self, module: str) -> bool:
        """Whether a Python module, by its full name, is one of the module's files."""
        tree = self.result.files.get(module)
        return tree is not None and own_path(tree) is not None


def assigned(statement: AssignmentStmt) -> Iterator[NameExpr]:
    """The names that a statement gives a value to."""
    for target in statement.lvalues:
        for part in target.items if isinstance(target, TupleExpr) else [target]:
            if isinstance(part, NameExpr):
                yield part


def own_trees(result: BuildResult, request: Request) -> list[MypyFile]:
    """The trees of the sources, in their order. Raises `LookupError` where one is not there."""
    trees = {own_path(tree): tree for tree in result.files.values()}
    return [trees[path] for path in request.sources]


def own_path(tree: MypyFile) -> str | None:
    """The path of a file of the module, or of a folder of it; None for a package's."""
    # As text: hundreds of files of packages are asked for.
    folder = f"{_folder()}/"
    path = os.path.normpath(os.path.join(folder, tree.path))  # noqa: PTH118
    return path[len(folder) :] if path.startswith(folder) else None


@cache
def _folder() -> str:
    return str(Path.cwd())


def classes(program: Program, node: Expression) -> Iterator[TypeInfo]:
    """The classes that an expression may be a value of, or may itself be."""
    kind = program.type_of(node)
    yield from _classes(kind) if kind is not None else ()


def _classes(kind: Type) -> Iterator[TypeInfo]:
    kind = get_proper_type(kind)
    if isinstance(kind, UnionType):
        for each in kind.items:
            yield from _classes(each)
    elif isinstance(kind, TypeVarType):
        yield from _classes(kind.upper_bound)
    elif isinstance(kind, TypeType):
        yield from _classes(kind.item)
    elif isinstance(kind, FunctionLike) and kind.is_type_obj():
        yield kind.type_object()
    elif isinstance(kind, TupleType):
        yield kind.partial_fallback.type
    elif isinstance(kind, Instance):
        yield kind.type


def origin(node: SymbolNode | None) -> str:
    """The full name by which something is defined; "" for what is not known."""
    if isinstance(node, MypyFile | TypeInfo):
        return node.fullname
    if isinstance(node, Var) and node.info and node.info.fullname:
        return f"{node.info.fullname}.{node.name}"
    return node.fullname if node is not None else ""


def found(rule: str, file: SourceFile, node: Context, message: str) -> Found:
    """A break of a rule at a node."""
    lines = file.lines()
    last = node.end_line or node.line
    same = last == node.line and node.end_column is not None
    return {
        "rule": rule, "message": message, "path": file.path, "line": max(node.line, 1),
        "column": max(node.column, 0) + 1,
        "end": (node.end_column or 0) + 1 if same else None,
        "text": "\n".join(each.strip() for each in lines[node.line - 1 : last]),
    }  # fmt: skip
