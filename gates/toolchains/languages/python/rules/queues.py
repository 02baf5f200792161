"""A queue of BullMQ is opened, or listened to, through the platform's tenant_queue() alone."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Expression,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    StrExpr,
    TupleExpr,
    TypeInfo,
    Var,
)  # fmt: skip
from mypy.types import Instance, LiteralType, get_proper_type

from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    found,
    origin,
)  # fmt: skip

RULE = "queue-names"
PACKAGE = "bullmq"
CLASSES = frozenset({"FlowProducer", "Queue", "QueueEvents", "QueueEventsProducer", "Worker"})
HELPER = "tenant_queue"
PLATFORM = "axon_"


def find_queues(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other use of these classes."""
    prefix = program.request.prefix
    for each in _uses(file):
        call = file.calls.get(id(each))
        if call is None:
            name = each.node.name if each.node is not None else ""
            yield found(RULE, file, each, f"{name} is used otherwise than by {name}(...)")
            continue
        given = _given(call)
        made = _helper(program, given)
        if given is None or made is None:
            message = f"the name of this queue is not what {HELPER}() made"
            yield found(RULE, file, given or call, message)
            continue
        whole = _text(program, made)
        if not whole:
            yield found(RULE, file, given, "the name of this queue cannot be read")
        elif not whole.startswith(prefix):
            message = f'the queue "{whole}" does not begin with "{prefix}"'
            yield found(RULE, file, given, message)


def read_queues(program: Program, file: SourceFile) -> Iterator[Found]:
    """The place of each such call, with the queue's whole name."""
    for each in _uses(file):
        call = file.calls.get(id(each))
        if call is not None:
            given = _given(call)
            made = _helper(program, given)
            place = found(RULE, file, given or call, "")
            yield {**place, "name": _text(program, made) or None if made is not None else None}


def _uses(file: SourceFile) -> Iterator[RefExpr]:
    for each in file.references():
        node = each.node
        if isinstance(node, TypeInfo) and node.module_name.split(".")[0] == PACKAGE:
            yield from [each] if node.name in CLASSES else []


def _given(call: CallExpr) -> Expression | None:
    for name, value in zip(call.arg_names, call.args, strict=True):
        if name in (None, "name"):
            return value
    return None


def _helper(program: Program, value: Expression | None) -> Expression | None:
    """What the helper was given whose result a queue's name is a part of."""
    whole: Expression | None = None
    if isinstance(value, MemberExpr) and value.name == "name":
        inner = value.expr
        whole = _bound(program, inner) if isinstance(inner, NameExpr) else inner
    elif isinstance(value, NameExpr):
        whole = _bound(program, value)
    if not isinstance(whole, CallExpr) or not isinstance(whole.callee, RefExpr) or not whole.args:
        return None
    name = origin(whole.callee.node)
    is_helper = name.startswith(PLATFORM) and name.rpartition(".")[2] == HELPER
    return whole.args[0] if is_helper and not program.is_own(name.rpartition(".")[0]) else None


def _bound(program: Program, name: RefExpr) -> Expression | None:
    """What a name is given, where it is given once."""
    values: list[Expression] = []
    for file in program.files:
        for each in file.nodes:
            if isinstance(each, AssignmentStmt):
                for target in each.lvalues:
                    parts = target.items if isinstance(target, TupleExpr) else [target]
                    if any(isinstance(e, NameExpr) and e.node is name.node for e in parts):
                        values.append(each.rvalue)
    return values[0] if len(values) == 1 and isinstance(name.node, Var) else None


def _text(program: Program, node: Expression) -> str:
    """A text up to its first part that is not known."""
    return _read(program, node)[0]


def _read(program: Program, node: Expression, depth: int = 0) -> tuple[str, bool]:
    if isinstance(node, StrExpr):
        return node.value, True
    kind = program.type_of(node)
    if isinstance(kind, Instance) and kind.last_known_value is not None:
        kind = get_proper_type(kind.last_known_value)
    if isinstance(kind, LiteralType) and isinstance(kind.value, str):
        return kind.value, True
    if isinstance(node, OpExpr) and node.op == "+" and depth < 20:
        left, whole = _read(program, node.left, depth + 1)
        if not whole:
            return left, False
        right, whole = _read(program, node.right, depth + 1)
        return left + right, whole
    if isinstance(node, RefExpr) and depth < 20 and (value := _bound(program, node)) is not None:
        return _read(program, value, depth + 1)
    if isinstance(node, CallExpr) and isinstance(node.callee, MemberExpr):
        return _joined(program, node, depth)
    return "", False


def _joined(program: Program, node: CallExpr, depth: int) -> tuple[str, bool]:
    """mypy reads f"{A}:b" as "".join([A, ":b"]), and each A in it as "{:{}}".format(A, "")."""
    callee = node.callee
    if not isinstance(callee, MemberExpr) or not isinstance(callee.expr, StrExpr) or depth > 20:
        return "", False
    if callee.name == "format" and callee.expr.value == "{:{}}" and node.args:
        return _read(program, node.args[0], depth + 1)
    if callee.name != "join" or callee.expr.value or not isinstance(node.args[0], ListExpr):
        return "", False
    whole = ""
    for each in node.args[0].items:
        text, complete = _read(program, each, depth + 1)
        whole += text
        if not complete:
            return whole, False
    return whole, True
