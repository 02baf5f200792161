"""What runs inside of annotations: `Annotated[int, Field(ge=1)]` calls Field when it is read.

mypy keeps the types of annotations and nothing of what else stands in them. So they are read again,
what is no type is bound to what its names stand for, and every rule looks at it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from mypy.build import BuildResult
from mypy.errors import Errors
from mypy.fastparse import ASTConverter
from mypy.nodes import (
    Argument,
    Expression,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    SymbolNode,
    SymbolTable,
    TypeInfo,
)  # fmt: skip

from gates.toolchains.languages.python.rules.walk import walk

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def expressions(result: BuildResult, tree: MypyFile, nodes: Sequence[Node]) -> list[Expression]:
    """What runs inside of a file's annotations, bound as far as its names are known.

    `nodes` are those of the file. Raises `OSError`, `SyntaxError` or `ValueError` where the file
    cannot be read again.
    """
    source = ast.parse(Path(tree.path).read_bytes())
    found = [part for each in _annotations(source, inside=False) for part in _running(each)]
    if not found:
        return []
    options = result.manager.options
    reader = ASTConverter(
        options, False, Errors(options), strip_function_bodies=False, path=tree.path
    )
    names = _names(result, tree, nodes)
    made = [reader.visit(each) for each in found]
    for each in made:
        _bind(each, names)
    return [each for each in made if isinstance(each, Expression)]


def _annotations(node: ast.AST, *, inside: bool) -> Iterator[ast.expr]:
    """Each annotation that runs; those of a function's variables do not."""
    if isinstance(node, ast.arg) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, _Function) and node.returns is not None:
        yield node.returns
    elif isinstance(node, ast.AnnAssign) and not inside:
        yield node.annotation
    for child in ast.iter_child_nodes(node):
        within = isinstance(node, _Function) or (inside and not isinstance(node, ast.ClassDef))
        yield from _annotations(child, inside=within)


def _running(node: ast.expr) -> Iterator[ast.expr]:
    """The parts of an annotation that are neither names, nor put together of such as types are."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            try:
                inner = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return  # no type, so nobody evaluates it
            for each in ast.walk(inner):
                ast.copy_location(each, node)
            yield from _running(inner)
    elif isinstance(node, ast.Attribute):
        yield from _running(node.value)
    elif isinstance(node, ast.Subscript):
        yield from _running(node.value)
        yield from _running(node.slice)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _running(node.left)
        yield from _running(node.right)
    elif isinstance(node, ast.Tuple | ast.List):
        for each in node.elts:
            yield from _running(each)
    elif isinstance(node, ast.Starred):
        yield from _running(node.value)
    elif not isinstance(node, ast.Name):
        yield node


def _names(
    result: BuildResult, tree: MypyFile, nodes: Sequence[Node]
) -> dict[str, SymbolNode | None]:
    """What each name of a file stands for: its own first, those of Python, those further inside."""
    every: dict[str, SymbolNode | None] = {
        each.name: each.node for each in nodes if isinstance(each, NameExpr)
    }
    for each in nodes:
        if isinstance(each, Argument):
            every[each.variable.name] = each.variable
    every |= _table(result.files["builtins"].names)
    return every | _table(tree.names)


def _table(names: SymbolTable) -> dict[str, SymbolNode | None]:
    return {name: each.node for name, each in names.items() if each.node is not None}


def _bind(top: Node, names: dict[str, SymbolNode | None]) -> None:
    """Bind names from the outside in; members of modules and classes after these."""
    every = [node for node, _ in walk(top)]
    own = {each.variable.name: each.variable for each in every if isinstance(each, Argument)}
    for node in reversed(every):
        if isinstance(node, NameExpr):
            node.node = own.get(node.name) or names.get(node.name)
        elif isinstance(node, MemberExpr) and isinstance(node.expr, NameExpr | MemberExpr):
            around = node.expr.node
            table = around.names if isinstance(around, MypyFile | TypeInfo) else SymbolTable()
            found = table.get(node.name)
            node.node = found.node if found is not None else None
