"""No type that a file offers holds Any, written or inferred, however deep."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    Decorator,
    FuncDef,
    NameExpr,
    OverloadedFuncDef,
    RefExpr,
    SymbolNode,
    SymbolTable,
    TypeAlias,
    TypeInfo,
    Var,
)  # fmt: skip
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    Overloaded,
    TupleType,
    Type,
    TypedDictType,
    TypeOfAny,
    TypeType,
    UnionType,
    get_proper_type,
)  # fmt: skip

from gates.toolchains.languages.python.rules.program import Found, Program, SourceFile, found

COROUTINE = "typing.Coroutine"
LOGGERS = ("structlog.",)
"""Packages whose loggers have the type Any, and are the platform's own choice."""


def find_any(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each public name whose type holds it."""
    loggers = set(_loggers(file))
    yield from _search(program, file, file.tree.names, file.tree.fullname, "", loggers)


def _search(
    program: Program,
    file: SourceFile,
    names: SymbolTable,
    module: str,
    owner: str,
    loggers: set[SymbolNode],
) -> Iterator[Found]:
    for name, symbol in names.items():
        node = symbol.node
        if symbol.plugin_generated or node is None or node in loggers or not _is_public(name, node):
            continue
        if not node.fullname.startswith(f"{module}.") or symbol.module_hidden:
            continue
        if isinstance(node, TypeInfo):
            if node.fullname == f"{module}.{name}":
                inner = _search(
                    program, file, node.names, node.fullname, f"{owner}{name}.", loggers
                )
                yield from inner
        elif holds_any(program, _type(node)):
            message = f"the type of {owner}{name} holds Any"
            yield found("public-any", file, node, message)


def _is_public(name: str, node: SymbolNode) -> bool:
    special = name.startswith("__") and name.endswith("__") and not isinstance(node, Var)
    return not name.startswith("_") or special


def _type(node: SymbolNode) -> Type | None:
    if isinstance(node, Decorator):
        return node.var.type
    if isinstance(node, TypeAlias):
        return node.target
    return node.type if isinstance(node, Var | FuncDef | OverloadedFuncDef) else None


def holds_any(
    program: Program, kind: Type | None, depth: int = 0, seen: frozenset[TypeInfo] = frozenset()
) -> bool:
    """Whether a type is Any, or holds it; also in the members of a class that is not public."""
    if kind is None:
        return False
    if depth > 20:
        return True  # deeper than anyone writes: it cannot be read
    kind = get_proper_type(kind)
    parts: list[Type] = []
    if isinstance(kind, AnyType):
        # As a whole it may be what mypy has for a name that is no value: `List = list`.
        return depth > 0 or kind.type_of_any != TypeOfAny.special_form
    if isinstance(kind, Instance):
        # Of the coroutine that an `async def` makes, mypy leaves all but the result open.
        parts = list(kind.args)[-1 if kind.type.fullname == COROUTINE else 0 :]
        is_hidden = kind.type.name.startswith("_") and program.is_own(kind.type.module_name)
        if is_hidden and kind.type not in seen:
            parts += _members(kind.type)
            seen |= {kind.type}
    elif isinstance(kind, CallableType):
        parts = [*kind.arg_types, kind.ret_type]
    elif isinstance(kind, Overloaded | UnionType | TupleType):
        parts = list(kind.items)
    elif isinstance(kind, TypedDictType) and program.is_own(kind.fallback.type.module_name):
        parts = list(kind.items.values())
    elif isinstance(kind, TypeType):
        parts = [kind.item]
    return any(holds_any(program, each, depth + 1, seen) for each in parts)


def _members(info: TypeInfo) -> Iterator[Type]:
    """The types of what a class offers."""
    for name, symbol in info.names.items():
        node = symbol.node
        if node is None or symbol.plugin_generated or not _is_public(name, node):
            continue
        if (found := _type(node)) is not None:
            yield found


def _loggers(file: SourceFile) -> Iterator[SymbolNode]:
    for each in file.nodes:
        if isinstance(each, AssignmentStmt) and isinstance(each.rvalue, CallExpr):
            callee = each.rvalue.callee
            if isinstance(callee, RefExpr) and callee.fullname.startswith(LOGGERS):
                for target in each.lvalues:
                    if isinstance(target, NameExpr) and target.node is not None:
                        yield target.node
