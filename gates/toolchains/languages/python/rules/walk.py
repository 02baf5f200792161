"""Every part of mypy's trees that runs; a kind of node that is not known here is an error.

mypy's own visitors cannot be used from Python that is not compiled.
"""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import AssertTypeExpr, CallExpr, CastExpr, Expression, Node, SuperExpr

_FUNCTION = ("arguments", "body")
_LOOKUP = ("items",)
_COMPREHENSION = ("sequences", "condlists", "indices")
PARTS: dict[str, tuple[str, ...]] = {
    "MypyFile": ("defs",), "Block": ("body",), "Import": (), "ImportFrom": (), "ImportAll": (),
    "OverloadedFuncDef": ("items", "unanalyzed_items", "impl"), "Decorator":
    ("original_decorators", "decorators", "func"), "FuncDef": _FUNCTION, "LambdaExpr": _FUNCTION,
    "Argument": ("initializer",), "ClassDef": (
        "decorators", "base_type_exprs", "removed_base_type_exprs", "metaclass", "keywords", "defs",
        "removed_statements",
    ),
    "TypeAliasStmt": ("name", "value"), "GlobalDecl": (), "NonlocalDecl": (), "BreakStmt": (),
    "ContinueStmt": (), "PassStmt": (), "ExpressionStmt": ("expr",),
    "AssignmentStmt": ("lvalues", "rvalue"), "OperatorAssignmentStmt": ("lvalue", "rvalue"),
    "WhileStmt": ("expr", "body", "else_body"), "ForStmt": ("index", "expr", "body", "else_body"),
    "ReturnStmt": ("expr",), "AssertStmt": ("expr", "msg"), "DelStmt": ("expr",),
    "IfStmt": ("expr", "body", "else_body"), "RaiseStmt": ("expr", "from_expr"),
    "TryStmt": ("body", "types", "vars", "handlers", "else_body", "finally_body"),
    "WithStmt": ("expr", "target", "body"),
    "MatchStmt": ("subject", "patterns", "guards", "bodies"),
    "AsPattern": ("pattern", "name"), "OrPattern": ("patterns",), "ValuePattern": ("expr",),
    "SingletonPattern": (), "SequencePattern": ("patterns",), "StarredPattern": ("capture",),
    "MappingPattern": ("keys", "values", "rest"),
    "ClassPattern": ("class_ref", "positionals", "keyword_values"),
    "IntExpr": (), "StrExpr": (), "BytesExpr": (), "FloatExpr": (), "ComplexExpr": (),
    "EllipsisExpr": (), "NameExpr": (), "StarExpr": ("expr",), "MemberExpr": ("expr",),
    "CallExpr": ("callee", "args"), "YieldFromExpr": ("expr",), "YieldExpr": ("expr",),
    "IndexExpr": ("base", "index"), "UnaryExpr": ("expr",), "AssignmentExpr": ("target", "value"),
    "OpExpr": ("left", "right"), "ComparisonExpr": ("operands",),
    "SliceExpr": ("begin_index", "end_index", "stride"), "RevealExpr": ("expr",),
    "SuperExpr": ("call",), "ListExpr": _LOOKUP, "DictExpr": _LOOKUP, "TemplateStrExpr": _LOOKUP,
    "TupleExpr": _LOOKUP, "SetExpr": _LOOKUP, "GeneratorExpr": ("left_expr", *_COMPREHENSION),
    "ListComprehension": ("generator",), "SetComprehension": ("generator",),
    "DictionaryComprehension": ("key", "value", *_COMPREHENSION),
    "ConditionalExpr": ("cond", "if_expr", "else_expr"), "AwaitExpr": ("expr",), "TempNode": (),
}  # fmt: skip
"""What is written inside of each kind of node, and never what it means."""


def walk(top: Node) -> Iterator[tuple[Node, Node | None]]:
    """Every node with the one around it, from the outside to the inside.

    What is written as a type is left out: mypy has read it, and binds no names in it.
    Raises `LookupError` for a kind of node that is not known.
    """
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
            kind = type(value).__name__
            if kind not in PARTS:
                raise LookupError(f"{kind} is not known, so what is inside of it cannot be read")
            yield value, parent
            parts = [getattr(value, part, None) for part in PARTS[kind]]
            if isinstance(value, CallExpr):
                parts[1] = values(value)
            elif isinstance(value, SuperExpr):
                parts = [value.call.args]  # the name itself is bound to nothing
            waiting += [(each, value) for each in reversed(parts)]


def values(call: CallExpr) -> list[Expression]:
    """The arguments of a call, but for a type: of `cast(T, x)` and `assert_type(x, T)`, x."""
    if isinstance(call.analyzed, CastExpr):
        return call.args[1:]
    return call.args[:1] if isinstance(call.analyzed, AssertTypeExpr) else call.args
