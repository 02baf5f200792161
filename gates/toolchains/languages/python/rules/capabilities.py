"""Which names may be used without an import, and what a name may stand for."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    AssignmentStmt,
    Decorator,
    FuncDef,
    IndexExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    OverloadedFuncDef,
    RefExpr,
    StrExpr,
    Var,
)  # fmt: skip

from gates.toolchains.languages.python.rules.imports import capability
from gates.toolchains.languages.python.rules.members import BARS
from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    found,
    origin,
)  # fmt: skip
from gates.toolchains.languages.python.rules.standard import (
    ATTRIBUTES,
    BUILTIN_RULES,
    FUNCTIONS,
    NAMES,
    is_listed,
    standard,
)  # fmt: skip


def find_capabilities(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other name, and each name that mypy does not know."""
    for node in file.nodes:
        if isinstance(node, RefExpr):
            yield from _judge(program, file, node)
        elif isinstance(node, StrExpr) and _is_key(file, node):
            message = f"{node.value} leads past what the code names"
            yield found("capabilities", file, node, message)


def _judge(program: Program, file: SourceFile, node: RefExpr) -> Iterator[Found]:
    name = node.name if isinstance(node, NameExpr | MemberExpr) else ""
    if node.node is None and not _is_known(program, file, node):
        message = f"mypy does not know {name}, so what it is cannot be read"
        yield found("capabilities", file, node, message)
        return
    whole = origin(node.node)
    if whole.startswith("builtins."):
        yield from _builtin(file, node, whole.removeprefix("builtins."))
    elif isinstance(node.node, Var) and node.node.is_suppressed_import:
        yield found("capabilities", file, node, f"{name} comes from what mypy cannot read")
    elif _is_standard(node, whole) and not is_listed(whole) and not _is_asked(file, node):
        rule, message = capability(whole)
        yield found(rule, file, node, message)
    if BARS.fullmatch(name) and not _is_allowed(node, name):
        yield found("capabilities", file, node, f"{name} leads past what the code names")


def _is_known(program: Program, file: SourceFile, node: RefExpr) -> bool:
    """Whether a name without a definition has a value whose type is known, or is bound here."""
    if isinstance(node, MemberExpr):
        of_module = isinstance(node.expr, RefExpr) and isinstance(node.expr.node, MypyFile)
        if not of_module and program.type_of(node.expr) is not None:
            return True
        if not of_module and not file.is_in_annotation(node):
            return True  # what never runs has no types
    return _is_bound(file, node)


def _builtin(file: SourceFile, node: RefExpr, name: str) -> Iterator[Found]:
    is_function = isinstance(node.node, FuncDef | OverloadedFuncDef | Decorator)
    of_site = isinstance(node.node, Var) and name in BUILTIN_RULES
    if "." in name or not (is_function or of_site):
        return
    call = file.calls.get(id(node))
    if name not in FUNCTIONS or (name == "vars" and (call is None or not call.args)):
        rule = BUILTIN_RULES.get(name, "capabilities")
        yield found(rule, file, node, f"{name} is not among the functions that may be used")


def _is_asked(file: SourceFile, node: RefExpr) -> bool:
    """Whether it is a module of which a member is asked; the member is judged."""
    return isinstance(node.node, MypyFile) and id(node) in file.members


def _is_standard(node: RefExpr, whole: str) -> bool:
    """Whether a full name is of a standard module; those of local variables have no dot."""
    return bool(standard(whole)) and ("." in whole or isinstance(node.node, MypyFile))


def _is_bound(file: SourceFile, node: RefExpr) -> bool:
    """Whether it is the name of a type that an assignment makes, or of a property of the class."""
    parent = file.parents.get(id(node))
    if isinstance(parent, MemberExpr) and parent.name in ("deleter", "getter", "setter"):
        return isinstance(file.parents.get(id(parent)), OverloadedFuncDef | Decorator)
    return isinstance(parent, AssignmentStmt) and node in parent.lvalues


def _is_allowed(node: RefExpr, name: str) -> bool:
    if isinstance(node, NameExpr):
        own = isinstance(node.node, Var) and node.node.is_inferred and name not in EVALUATED
        return name in NAMES or own or not node.fullname
    return name in ATTRIBUTES


EVALUATED = frozenset({"__annotate__", "__annotations__"})
"""Names whose texts somebody may evaluate."""


def _is_key(file: SourceFile, node: StrExpr) -> bool:
    """Whether a text is a key by which a namespace gives what the code does not name."""
    if not BARS.fullmatch(node.value) or node.value in ATTRIBUTES:
        return False
    parent = file.parents.get(id(node))
    return isinstance(parent, IndexExpr) or node.value in EVALUATED
