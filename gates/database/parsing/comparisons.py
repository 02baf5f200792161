"""Which columns are held against each other, and against expressions of others. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache

from gates.database.parsing.script import Script
from gates.database.parsing.statements import statements_of
from gates.database.parsing.trees import Tree, column_of, columns_in, is_equality, text_of, walk


@lru_cache(maxsize=512)
def compared(script: Script) -> frozenset[tuple[str, str]]:
    """The names of two columns where one is to equal the other, or expressions of one column each:
    in a condition, a join, or as one of those that a subquery gives, also in bodies. Each pair in
    both orders."""
    found = {pair for node in _nodes(script) for pair in _of_node(node)}
    return frozenset(found | {(other, one) for one, other in found})


@lru_cache(maxsize=512)
def computed(script: Script) -> frozenset[tuple[str, str]]:
    """The name of a column that is to equal an expression of columns of one other table, and that
    expression, in which they have their bare names."""
    return frozenset(pair for node in _nodes(script) for pair in _with_expression(node))


def _nodes(script: Script) -> Iterator[Tree]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    for inner in statements_of(script):
        if inner.part:
            continue
        # PostgreSQL runs nothing that its own parser refuses.
        with contextlib.suppress(ParseError, ValueError, RecursionError):
            yield from walk(parse_sql(inner.statement.text))


def _of_node(node: Tree) -> Iterator[tuple[str, str]]:
    kind = type(node).__name__
    if kind == "JoinExpr":
        for each in node.usingClause or ():
            yield each.sval, each.sval
        return
    sides: list[Tree] = []
    if is_equality(node):
        sides = [node.lexpr, node.rexpr]
    elif kind == "SubLink" and type(node.subselect).__name__ == "SelectStmt":
        sides = [node.testexpr, *(each.val for each in node.subselect.targetList or ())]
    named = [{name for _, name in columns_in(each)} for each in sides if each is not None]
    names = [name for each in named if len(each) == 1 for name in each]
    if len(names) == 2:
        yield names[0], names[1]


def _with_expression(node: Tree) -> Iterator[tuple[str, str]]:
    if not is_equality(node):
        return
    for side, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
        column, used = column_of(side), columns_in(other)
        if column is None or column_of(other) is not None or len({one for one, _ in used}) != 1:
            continue
        if column[0] not in {one for one, _ in used}:
            yield column[1], text_of(_bare(other))


def _bare(node: Tree) -> Tree:
    """An expression whose columns have no qualifiers; its tree is changed."""
    for each in walk(node):
        if column_of(each) is not None:
            each.fields = each.fields[-1:]
    return node


def defined(expression: str) -> Iterator[tuple[str, str]]:
    """Where a condition asks that a column equals an expression of other columns: its name, and
    that expression."""
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        tree = parse_sql(f"SELECT {expression}")
    except (ParseError, ValueError, RecursionError):
        return
    for node in walk(tree):
        if not is_equality(node):
            continue
        for side, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            column = column_of(side.arg if type(side).__name__ == "TypeCast" else side)
            names = {name for _, name in columns_in(other)}
            if column is not None and names and column[1] not in names:
                yield column[1], text_of(other)
