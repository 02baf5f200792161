"""What a text is, as far as it is written out: literals, constants, and what is put together."""

from __future__ import annotations

from mypy.nodes import (
    CallExpr,
    Expression,
    ListExpr,
    MemberExpr,
    OpExpr,
    RefExpr,
    StrExpr,
    Var,
)  # fmt: skip
from mypy.types import Instance, LiteralType, get_proper_type

from gates.toolchains.languages.python.rules.program import Program


def read(program: Program, node: Expression, depth: int = 0) -> tuple[str, bool]:
    """A text up to its first part that is not known, and whether that is all of it."""
    if isinstance(node, StrExpr):
        return node.value, True
    kind = program.type_of(node)
    if isinstance(kind, Instance) and kind.last_known_value is not None:
        kind = get_proper_type(kind.last_known_value)
    if isinstance(kind, LiteralType) and isinstance(kind.value, str):
        return kind.value, True
    if isinstance(node, OpExpr) and node.op == "+" and depth < 20:
        left, whole = read(program, node.left, depth + 1)
        if not whole:
            return left, False
        right, whole = read(program, node.right, depth + 1)
        return left + right, whole
    if isinstance(node, RefExpr) and depth < 20 and (value := bound(program, node)) is not None:
        return read(program, value, depth + 1)
    if isinstance(node, CallExpr) and isinstance(node.callee, MemberExpr):
        return _joined(program, node, depth)
    return "", False


def bound(program: Program, name: RefExpr) -> Expression | None:
    """What a name is given, where it is given once."""
    values = program.values.get(id(name.node), []) if name.node is not None else []
    return values[0] if len(values) == 1 and isinstance(name.node, Var) else None


def _joined(program: Program, node: CallExpr, depth: int) -> tuple[str, bool]:
    """mypy reads f"{A}:b" as "".join([A, ":b"]), and each A in it as "{:{}}".format(A, "")."""
    callee = node.callee
    if not isinstance(callee, MemberExpr) or not isinstance(callee.expr, StrExpr) or depth > 20:
        return "", False
    if callee.name == "format" and callee.expr.value == "{:{}}" and node.args:
        return read(program, node.args[0], depth + 1)
    if callee.name != "join" or callee.expr.value or not node.args:
        return "", False
    parts = node.args[0]
    if not isinstance(parts, ListExpr):
        return "", False
    whole = ""
    for each in parts.items:
        text, complete = read(program, each, depth + 1)
        whole += text
        if not complete:
            return whole, False
    return whole, True
