"""Each handler runs in a span, and what is logged for a request carries its correlation id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    Node,
    RefExpr,
    SymbolNode,
    TypeInfo,
    Var,
)  # fmt: skip
from mypy.types import CallableType, FunctionLike, Instance, get_proper_type

from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    classes,
    found,
    origin,
)  # fmt: skip
from gates.toolchains.languages.python.rules.texts import bound
from gates.toolchains.languages.python.rules.walk import walk

TRACED = "handlers-traced"
CORRELATED = "logs-correlated"
HANDLED = {"Job": 3, "Route": 5}
"""The platform's classes that hold a handler, and its place among what they are given."""
SPANS = frozenset({"start_as_current_span", "start_span"})
TRACERS = "opentelemetry."
LEVELS = frozenset(
    {"critical", "debug", "error", "exception", "info", "log", "msg", "warn", "warning"}
)
LOGGERS = ("axon_logger.", "structlog.")
PLATFORM = "axon_"


def find_telemetry(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each handler without a span, and each line of a request that is not logged for it."""
    for each in file.nodes:
        if isinstance(each, CallExpr) and (name := _handled(program, each.callee)):
            yield from _judge(program, file, each, HANDLED[name])
        elif isinstance(each, FuncDef) and _has_context(program, each):
            for node, _ in walk(each):
                if isinstance(node, CallExpr) and _logs_for_nobody(program, node):
                    message = "this is logged without the correlation id of the request"
                    yield found(CORRELATED, file, node, message)


def _handled(program: Program, callee: Expression) -> str:
    kind = program.type_of(callee)
    if not isinstance(kind, FunctionLike) or not kind.is_type_obj():
        return ""
    made = kind.type_object()
    return made.name if made.name in HANDLED and _is_platform(program, made) else ""


def _is_platform(program: Program, info: TypeInfo) -> bool:
    return info.module_name.startswith(PLATFORM) and not program.is_own(info.module_name)


def _judge(program: Program, file: SourceFile, call: CallExpr, place: int) -> Iterator[Found]:
    given = [
        value
        for number, (name, value) in enumerate(zip(call.arg_names, call.args, strict=True))
        if name == "handler" or (name is None and number == place)
    ]
    bodies = list(_bodies(program, given[0])) if given else []
    if not bodies:
        yield found(TRACED, file, (given or [call])[0], "what this handler is cannot be read")
    elif not any(_opens_span(program, each, set()) for each in bodies):
        yield found(TRACED, file, given[0], "this handler runs outside of a span")


def _bodies(program: Program, value: Expression) -> Iterator[Node]:
    """The module's own functions that run where a value is called."""
    if isinstance(value, LambdaExpr):
        yield value
    elif isinstance(value, CallExpr):  # what wraps a handler, or is given one
        for each in (value.callee, *value.args):
            yield from _bodies(program, each)
    elif isinstance(value, RefExpr):
        if _is_own_function(value.node, program):
            yield value.node
        elif isinstance(value.node, Var) and (given := bound(program, value)) is not None:
            yield from _bodies(program, given)
        elif isinstance(value, MemberExpr):
            for info in classes(program, value.expr):
                symbol = info.get(value.name)
                if symbol is not None and _is_own_function(symbol.node, program):
                    yield symbol.node


def _is_own_function(node: SymbolNode | None, program: Program) -> TypeGuard[FuncDef | Decorator]:
    if not isinstance(node, FuncDef | Decorator):
        return False
    name = node.fullname
    while "." in name:
        name = name.rpartition(".")[0]
        if name in program.result.files:
            return program.is_own(name)
    return False


def _opens_span(program: Program, body: Node, seen: set[int]) -> bool:
    """Whether a function, or one of the module's that it calls, starts a span of OpenTelemetry."""
    if id(body) in seen:
        return False
    seen.add(id(body))
    for node, _ in walk(body):
        if isinstance(node, MemberExpr) and node.name in SPANS:
            owners = [each.module_name for each in classes(program, node.expr)]
            if any(f"{each}.".startswith(TRACERS) for each in owners):
                return True
        if not isinstance(node, RefExpr) or not _is_own_function(node.node, program):
            continue
        if _opens_span(program, node.node, seen):
            return True
    return False


def _has_context(program: Program, function: FuncDef) -> bool:
    if not isinstance(function.type, CallableType):
        return False
    kinds = [get_proper_type(each) for each in function.type.arg_types]
    return any(
        isinstance(each, Instance)
        and each.type.name == "RequestContext"
        and _is_platform(program, each.type)
        for each in kinds
    )


def _logs_for_nobody(program: Program, call: CallExpr) -> bool:
    """Whether a call logs by a logger that was made for the whole module."""
    callee = call.callee
    if not isinstance(callee, MemberExpr) or callee.name not in LEVELS:
        return False
    if "correlation_id" in call.arg_names or not isinstance(callee.expr, NameExpr | MemberExpr):
        return False
    name: RefExpr = callee.expr
    made = bound(program, callee.expr)
    for _ in range(20):  # other names of the same
        if not isinstance(made, RefExpr):
            break
        name, made = made, bound(program, made)
    if not isinstance(made, CallExpr) or "." not in origin(name.node):
        return False
    maker = made.callee.fullname if isinstance(made.callee, RefExpr) else ""
    return maker.startswith(LOGGERS) and not maker.endswith(".for_context")
