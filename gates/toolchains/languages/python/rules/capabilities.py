"""Which names may be used without an import, and what a name may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mypy.nodes import (
    AssignmentStmt,
    Decorator,
    MemberExpr,
    MypyFile,
    NameExpr,
    OverloadedFuncDef,
    RefExpr,
    StrExpr,
    Var,
)  # fmt: skip

from gates.toolchains.languages.python.rules.imports import capability, is_listed, standard
from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    found,
    origin,
)  # fmt: skip

REFUSED = {
    "__import__": "capabilities", "breakpoint": "capabilities", "compile": "capabilities",
    "eval": "capabilities", "exec": "capabilities", "globals": "capabilities",
    "input": "capabilities", "locals": "capabilities",
    "exit": "errors-thrown", "quit": "errors-thrown", "print": "platform-logger",
}  # fmt: skip
"""Built-in functions that may not be used, not even as values, and the rule that says so."""
NAMES = frozenset({"__all__", "__doc__", "__file__", "__name__", "__package__", "__version__"})
"""Names between double bars that a file may use."""
ATTRIBUTES = NAMES | frozenset(
    {
        "__annotations__", "__cause__", "__class__", "__context__", "__dict__", "__func__",
        "__members__", "__module__", "__mro__", "__notes__", "__origin__", "__qualname__",
        "__self__", "__slots__", "__traceback__", "__wrapped__",
    }
)  # fmt: skip
"""The same of values: none of them leads to a namespace that is not the value's own."""
_BARS = re.compile(r"__\w+__")
_OWN_FILES = re.compile(r"/proc(/|$)")


def find_capabilities(_program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other name, each path of /proc, each name that mypy does not know."""
    for node in file.nodes:
        if isinstance(node, StrExpr):
            if _OWN_FILES.match(node.value):
                message = f"{node.value} is what the process says of itself"
                yield found("capabilities", file, node, message)
        elif isinstance(node, RefExpr):
            yield from _judge(file, node)


def _judge(file: SourceFile, node: RefExpr) -> Iterator[Found]:
    name = node.name if isinstance(node, NameExpr | MemberExpr) else ""
    of_module = (
        isinstance(node, MemberExpr)
        and isinstance(node.expr, RefExpr)
        and isinstance(node.expr.node, MypyFile)
    )
    if node.node is None and (isinstance(node, NameExpr) or of_module):
        if not _is_bound(file, node):
            message = f"mypy does not know {name}, so what it is cannot be read"
            yield found("capabilities", file, node, message)
        return
    whole = origin(node.node)
    if whole.startswith("builtins.") and (rule := REFUSED.get(whole.removeprefix("builtins."))):
        yield found(rule, file, node, f"{name} is not among the functions that may be used")
    elif isinstance(node.node, Var) and node.node.is_suppressed_import:
        yield found("capabilities", file, node, f"{name} comes from what mypy cannot read")
    elif _is_standard(node, whole) and not whole.startswith("builtins.") and not is_listed(whole):
        if not isinstance(node.node, MypyFile) or id(node) not in file.members:
            rule, message = capability(whole)
            yield found(rule, file, node, message)
    elif _BARS.fullmatch(name) and not _is_allowed(node, name):
        yield found("capabilities", file, node, f"{name} leads past what the code names")


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
        own = isinstance(node.node, Var) and node.node.is_inferred
        return name in NAMES or own or not node.fullname
    return name in ATTRIBUTES
