"""Whether a text is Python code that does something."""

from __future__ import annotations

import ast
import warnings

from gates.syntax import parse_python

_IDLE = (
    ast.Module, ast.Expr, ast.Assign, ast.AnnAssign, ast.Pass, ast.expr_context,
    ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Starred,
    ast.Attribute, ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue,
    ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.BoolOp, ast.boolop,
    ast.Compare, ast.cmpop, ast.IfExp,
)  # fmt: skip
"""What a data file may be in Python's eyes: none of it calls, defines, imports or repeats."""


def is_code(text: str) -> bool:
    """Whether Python would load the text, and more than names and literals stand in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # As bytes: a line "coding" at the top may give the same bytes another meaning.
            tree = parse_python(text.encode("utf-8"))
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):
        return True
    return any(not isinstance(node, _IDLE) or _binds(node) for node in ast.walk(tree))


def _binds(node: ast.AST) -> bool:
    """Whether a node changes a part of something that is there already."""
    return isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
