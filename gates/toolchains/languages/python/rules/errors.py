"""What is raised is the platform's AxonError, or what was caught.

The platform's is known by its package: of a class, the order of bases holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mypy.nodes import (
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    CastExpr,
    ClassDef,
    ConditionalExpr,
    Decorator,
    Expression,
    ExpressionStmt,
    FuncDef,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    RaiseStmt,
    RefExpr,
    StrExpr,
    SymbolNode,
    TryStmt,
)  # fmt: skip
from mypy.types import (
    CallableType,
    FunctionLike,
    Instance,
    ProperType,
    TypeType,
    TypeVarType,
    UnionType,
    get_proper_type,
)  # fmt: skip

from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    classes,
    found,
)

RULE = "errors-thrown"
HANDING = frozenset({"set_exception", "throw"})
ROOT = "AxonError"
PLATFORM = "axon_"
PROTOCOLS = {
    "builtins.AttributeError": frozenset(
        {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__get__"}
    ),
    "builtins.KeyError": frozenset({"__getitem__", "__delitem__", "__missing__", "pop"}),
    "builtins.IndexError": frozenset({"__getitem__"}),
    "builtins.StopIteration": frozenset({"__next__"}),
    "builtins.StopAsyncIteration": frozenset({"__anext__"}),
    "builtins.TypeError": frozenset(
        {"__init_subclass__", "__class_getitem__", "__reduce__", "__hash__"}
    ),
}
"""The errors that Python itself asks certain methods for."""
VALIDATORS = frozenset({"builtins.ValueError", "builtins.AssertionError"})
"""Those that pydantic asks its validators for."""


def find_errors(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other raise, and each assert."""
    for each in file.nodes:
        if isinstance(each, AssertStmt):
            yield found(RULE, file, each, "assert raises AssertionError, which is no AxonError")
        elif isinstance(each, RaiseStmt) and each.expr is not None:
            yield from _judge(program, file, each, each.expr, "raises")
        elif isinstance(each, CallExpr) and _hands_on(program, each):
            yield from _judge(program, file, each, each.args[0], "hands on")
        elif isinstance(each, CallExpr) and isinstance(each.analyzed, CastExpr):
            target, kind = get_proper_type(each.analyzed.type), program.type_of(each.args[1])
            if is_axon_error(program, target) and not (kind and is_axon_error(program, kind)):
                yield found(RULE, file, each, f"this says of {_name(kind)} that it is an AxonError")


def _judge(
    program: Program, file: SourceFile, node: Node, given: Expression, verb: str
) -> Iterator[Found]:
    caught = list(_caught(file, node))
    function = next(_functions(file, node), None)
    for value in _branches(given):
        if isinstance(value, NameExpr) and any(value.node is one for one in caught):
            continue
        kind = program.type_of(value)
        if kind is not None and is_axon_error(program, kind):
            continue
        if isinstance(node, RaiseStmt):
            if kind is not None and _is_asked_for(file, kind, function):
                continue
        elif _is_kept(value):
            continue
        yield found(RULE, file, value, f"this {verb} {_name(kind)}, which is no AxonError")


def _hands_on(program: Program, call: CallExpr) -> bool:
    """Whether a call gives an error to others: `future.set_exception(e)`, `work.throw(e)`."""
    callee = call.callee
    if not isinstance(callee, MemberExpr) or callee.name not in HANDING or not call.args:
        return False
    return not any(program.is_own(each.module_name) for each in classes(program, callee.expr))


def _is_kept(value: Expression) -> bool:
    """Whether a value is the error that another future or task holds."""
    if isinstance(value, CallExpr):
        return isinstance(value.callee, MemberExpr) and value.callee.name == "exception"
    return False


def is_axon_error(program: Program, kind: ProperType) -> bool:
    """Whether every value of a type is the platform's AxonError, or its class."""
    if isinstance(kind, UnionType):
        return all(is_axon_error(program, get_proper_type(each)) for each in kind.items)
    if isinstance(kind, TypeVarType):
        return is_axon_error(program, get_proper_type(kind.upper_bound))
    if isinstance(kind, TypeType):
        return is_axon_error(program, kind.item)
    if isinstance(kind, FunctionLike):
        made = get_proper_type(kind.items[0].ret_type)
        return kind.is_type_obj() and is_axon_error(program, made)
    return isinstance(kind, Instance) and any(
        base.name == ROOT
        and base.module_name.startswith(PLATFORM)
        and not program.is_own(base.module_name)
        for base in kind.type.mro
    )


def _branches(value: Expression) -> Iterator[Expression]:
    """What an expression may come to: both sides of a choice."""
    if isinstance(value, ConditionalExpr):
        yield from _branches(value.if_expr)
        yield from _branches(value.else_expr)
    elif isinstance(value, OpExpr) and value.op in ("or", "and"):
        yield from _branches(value.left)
        yield from _branches(value.right)
    else:
        yield value


def _name(kind: ProperType | None) -> str:
    if kind is None:
        return "what mypy does not look at"
    if isinstance(kind, CallableType) and kind.is_type_obj():
        return kind.type_object().name
    return kind.type.name if isinstance(kind, Instance) else str(kind)


def _is_asked_for(file: SourceFile, kind: ProperType, function: FuncDef | Decorator | None) -> bool:
    """Whether Python or pydantic asks for this error in the function around it."""
    if isinstance(kind, FunctionLike) and kind.is_type_obj():
        kind = get_proper_type(kind.items[0].ret_type)
    if not isinstance(kind, Instance) or function is None:
        return False
    name = kind.type.fullname
    is_method = isinstance(file.parents.get(id(file.parents.get(id(function)))), ClassDef)
    if name == "builtins.NotImplementedError":
        return is_method and _is_left_open(function)
    if name in VALIDATORS or kind.type.module_name.startswith("pydantic_core"):
        return isinstance(function, Decorator) and any(
            _is_validator(each) for each in function.original_decorators
        )
    return is_method and function.name in PROTOCOLS.get(name, ())


def _is_left_open(function: FuncDef | Decorator) -> bool:
    """Whether a method does nothing but say that it is for others to define."""
    body = function.func.body.body if isinstance(function, Decorator) else function.body.body
    rest = [
        each
        for each in body
        if not (isinstance(each, ExpressionStmt) and isinstance(each.expr, StrExpr))
    ]
    return len(rest) == 1 and isinstance(rest[0], RaiseStmt)


def _is_validator(decorator: Expression) -> bool:
    if isinstance(decorator, CallExpr):
        decorator = decorator.callee
    name = decorator.fullname if isinstance(decorator, RefExpr) else ""
    return name.startswith("pydantic.") and "validator" in name


def _around(file: SourceFile, node: Node) -> Iterator[tuple[Node, Node]]:
    """Each node around a node, with the part that holds it; from the inside to the outside."""
    while (parent := file.parents.get(id(node))) is not None:
        yield parent, node
        node = parent


def _functions(file: SourceFile, node: Node) -> Iterator[FuncDef | Decorator]:
    """The function around a node, with its decorators, and those around it."""
    for parent, _ in _around(file, node):
        if isinstance(parent, Decorator) or (
            isinstance(parent, FuncDef) and not isinstance(file.parents.get(id(parent)), Decorator)
        ):
            yield parent


def _caught(file: SourceFile, node: Node) -> Iterator[SymbolNode]:
    """What was caught around a node, by its name, where the name is given no other value."""
    for parent, part in _around(file, node):
        if isinstance(parent, TryStmt) and part in parent.handlers:
            name = parent.vars[parent.handlers.index(part)]
            if name is not None and name.node is not None and not _assigns(file, part, name.node):
                yield name.node


def _assigns(file: SourceFile, body: Node, name: SymbolNode) -> bool:
    return any(
        isinstance(each, AssignmentStmt | AssignmentExpr)
        and any(isinstance(e, NameExpr) and e.node is name for e in _targets(each))
        and any(parent is body for parent, _ in _around(file, each))
        for each in file.nodes
    )


def _targets(statement: AssignmentStmt | AssignmentExpr) -> Sequence[Node]:
    if isinstance(statement, AssignmentExpr):
        return [statement.target]
    return statement.lvalues
