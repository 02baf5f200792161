"""What every rule asks of mypy's result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from mypy.build import BuildResult
from mypy.nodes import (
    CallExpr,
    Context,
    Expression,
    MemberExpr,
    MypyFile,
    Node,
    RefExpr,
    SymbolNode,
    TypeInfo,
    Var,
)  # fmt: skip
from mypy.types import ProperType, get_proper_type

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


_PARTS = (
    "args", "arguments", "base", "base_type_exprs", "begin_index", "bodies", "body",
    "callee", "class_ref", "cond", "condlists", "decorators", "defs", "else_body", "else_expr",
    "end_index", "expr", "finally_body", "from_expr", "func", "generator", "guards", "handlers",
    "if_expr", "impl", "index", "indices", "initializer", "items", "key", "keys", "keyword_values",
    "keywords", "left", "left_expr", "lvalue", "lvalues", "metaclass", "msg", "name", "operands",
    "pattern", "patterns", "positionals", "removed_base_type_exprs", "rest", "right", "rvalue",
    "sequences", "stride", "subject", "target", "types", "value", "values", "vars",
)  # fmt: skip
"""Where the nodes of mypy's trees hold others: what is written inside, and never what it means.

mypy's own visitors cannot be used from Python that is not compiled.
"""


def _walk(top: Node) -> Iterator[tuple[Node, Node | None]]:
    """Every node with the one around it, from the outside to the inside."""
    waiting: list[tuple[object, Node | None]] = [(top, None)]
    seen: set[int] = set()
    while waiting:
        value, parent = waiting.pop()
        if isinstance(value, list | tuple):
            waiting += [(each, parent) for each in reversed(value)]
        elif isinstance(value, dict):
            waiting += [(each, parent) for each in value.values()]
        elif isinstance(value, Node) and id(value) not in seen:
            seen.add(id(value))
            yield value, parent
            waiting += [(getattr(value, part, None), value) for part in reversed(_PARTS)]


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

    @staticmethod
    def of(path: str, tree: MypyFile) -> SourceFile:
        """The file with every node of its tree."""
        file = SourceFile(path, tree, [])
        for node, parent in _walk(tree):
            file.nodes.append(node)
            if parent is not None:
                file.parents[id(node)] = parent
            if isinstance(node, MemberExpr):
                file.members[id(node.expr)] = node
            elif isinstance(node, CallExpr):
                file.calls[id(node.callee)] = node
        return file

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

    @staticmethod
    def of(result: BuildResult, request: Request) -> Program:
        """The module's files of mypy's result. Raises `LookupError` where one is not there."""
        trees = own_trees(result, request)
        files = tuple(map(SourceFile.of, request.sources, trees))
        return Program(request, result, files)

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


def own_trees(result: BuildResult, request: Request) -> list[MypyFile]:
    """The trees of the sources, in their order. Raises `LookupError` where one is not there."""
    trees = {own_path(tree): tree for tree in result.files.values()}
    return [trees[path] for path in request.sources]


def own_path(tree: MypyFile) -> str | None:
    """The path of a file of the module, or of a folder of it; None for a package's."""
    path = Path.cwd() / tree.path
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else None


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
