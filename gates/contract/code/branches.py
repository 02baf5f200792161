"""Which branches of a Python source are run on one version of Python, and which never are."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Python = tuple[int, int]
"""The version of Python that code is read for, such as (3, 11)."""
OLDEST: Python = (3, 11)
"""The oldest that modules are written for (platform standard, section 2)."""

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_LAST_FIX = 99
"""Stands for the newest fix release of a Python, whichever that is."""
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def truth(test: ast.expr, python: Python = OLDEST) -> bool | None:
    """What a condition comes to on a Python; None where more than constants, its version and
    `TYPE_CHECKING` decide."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if is_type_checking(test):
        return False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(test.operand, python)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        ends = isinstance(test.op, ast.Or)
        answers = [truth(each, python) for each in test.values]
        return ends if ends in answers else None if None in answers else not ends
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, python)
    return None


def is_type_checking(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING`, which only type checkers take for true."""
    return ast.unparse(test).rpartition(".")[2] == "TYPE_CHECKING"


def pythons(trees: Iterable[ast.Module]) -> list[Python]:
    """The Pythons on which sources are not the same code: the oldest, and the first of each that
    takes other branches."""
    tests = [
        node.test
        for tree in trees
        for node in _outside_functions(tree.body)
        if isinstance(node, ast.If) and "version_info" in ast.unparse(node.test)
    ]
    named = {
        number + more
        for test in tests
        for node in ast.walk(test)
        if isinstance(node, ast.Tuple) and len(node.elts) > 1
        for number in [getattr(node.elts[1], "value", None)]
        if isinstance(number, int)
        for more in (0, 1)
    }
    found: dict[tuple[bool | None, ...], Python] = {}
    for minor in sorted({OLDEST[1], *(each for each in named if each > OLDEST[1])}):
        python = (OLDEST[0], minor)
        found.setdefault(tuple(truth(test, python) for test in tests), python)
    return list(found.values())


def _outside_functions(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for each in body:
        yield each
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in blocks(each):
                yield from _outside_functions(block)


def reached(source: bytes, tree: ast.Module, python: Python) -> bytes:
    """A source with `pass` in place of each branch that is not run on a Python; every line keeps
    its number. What stands under `TYPE_CHECKING` is kept for the types that it names, except
    where the code that is run gives the same names.

    Raises `ValueError` or `IndexError` for a tree of another source.
    """
    lines = source.splitlines(keepends=True)
    for block in _left_out(tree.body, python):
        first, last = block[0], block[-1]
        start = min([first, *getattr(first, "decorator_list", [])], key=lambda node: node.lineno)
        begin, end = start.lineno - 1, (last.end_lineno or last.lineno) - 1
        column = first.col_offset
        rest = lines[end][last.end_col_offset or 0 :]
        head = lines[begin][:column]
        ends = [line[len(line.rstrip(b"\r\n")) :] for line in lines[begin:end]]
        if begin == end:
            lines[begin] = head + b"pass" + rest
        else:
            lines[begin : end + 1] = [head + b"pass" + ends[0], *ends[1:], rest]
    return b"".join(lines)


def _left_out(body: Sequence[ast.stmt], python: Python) -> Iterator[Sequence[ast.stmt]]:
    for each in body:
        if isinstance(each, ast.If):
            decided = truth(each.test, python)
            if is_type_checking(each.test):
                run = _names(each.orelse)
                twice = (one for one in each.body if (found := _names([one])) and found <= run)
                yield from ([one] for one in twice)
            elif decided is not None and _is_whole(each, decided):
                yield each.orelse if decided else each.body
                yield from _left_out(each.body if decided else each.orelse, python)
                continue
        for block in blocks(each):
            yield from _left_out(block, python)


def _is_whole(node: ast.If, decided: bool) -> bool:
    """Whether the branch that is not run can be taken out: it is there, and no type checker's."""
    dead = node.orelse if decided else node.body
    return bool(dead) and "TYPE_CHECKING" not in ast.unparse(node.test)


def _names(body: Sequence[ast.stmt]) -> set[str]:
    return {name for each in body for name in bound_by(each)}


def blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside one statement, the bodies of functions and classes too."""
    for name in _BLOCKS:
        inner = getattr(node, name, [])
        if name in ("handlers", "cases"):
            yield from (each.body for each in inner)
        elif inner:
            yield inner


def bound_by(node: ast.stmt) -> Iterator[str]:
    """The names that one statement binds itself, its blocks left out."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for each in node.names:
            yield each.asname or each.name.partition(".")[0]
    else:
        yield from _stored(node)


def _stored(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, ast.stmt | ast.Lambda | ast.ExceptHandler | ast.match_case):
            yield from _stored(inner)


def _compared(test: ast.Compare, python: Python) -> bool | None:
    if ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__"):
        return False  # what is exported is imported
    left = _version(test.left, python)
    compared = _COMPARED.get(type(test.ops[0]))
    if left is None or compared is None:
        return None
    try:
        right = ast.literal_eval(test.comparators[0])
        return bool(compared(left, right))
    except (ValueError, TypeError, SyntaxError):
        return None


def _version(node: ast.expr, python: Python) -> object:
    """What `sys.version_info`, or a part of it, is on a Python."""
    whole = (*python, _LAST_FIX, "final", 0)
    text = ast.unparse(node)
    if text in ("sys.version_info", "version_info"):
        return whole
    if text in ("sys.version_info.major", "version_info.major"):
        return whole[0]
    if isinstance(node, ast.Subscript) and _version(node.value, python) == whole:
        try:
            if isinstance(node.slice, ast.Slice):
                upper = node.slice.upper
                if node.slice.lower or node.slice.step:
                    return None
                return whole[: None if upper is None else ast.literal_eval(upper)]
            return whole[ast.literal_eval(node.slice)]
        except (ValueError, TypeError, IndexError):
            return None
    return None
