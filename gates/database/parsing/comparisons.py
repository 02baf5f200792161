"""Which columns are held against each other, and against expressions of others. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from gates.database.parsing.conditions import Tree, column_of, columns_in, text_of, walk
from gates.database.parsing.script import Script
from gates.database.parsing.statements import statements_of


@lru_cache(maxsize=512)
def compared(script: Script) -> frozenset[tuple[str, str]]:
    """The names of two columns where one is to equal the other: in a condition, a join, or as one
    of those that a subquery gives. Each pair in both orders."""
    from pglast import parse_sql
    from pglast.parser import ParseError

    found: set[tuple[str, str]] = set()
    for inner in statements_of(script):
        if not inner.at_once or inner.part:
            continue
        try:
            tree = parse_sql(inner.statement.text)
        except (ParseError, ValueError, RecursionError):
            continue
        for node in walk(tree):
            found.update(_of_node(node))
    return frozenset(found | {(other, one) for one, other in found})


def _of_node(node: Tree) -> Iterator[tuple[str, str]]:
    kind = type(node).__name__
    if kind == "JoinExpr":
        for each in node.usingClause or ():
            yield each.sval, each.sval
        return
    sides: list[Tree] = []
    if kind == "A_Expr" and [each.sval for each in node.name] == ["="]:
        sides = [node.lexpr, node.rexpr]
    elif kind == "SubLink" and type(node.subselect).__name__ == "SelectStmt":
        sides = [node.testexpr, *(each.val for each in node.subselect.targetList or ())]
    names = [column[1] for each in sides if (column := column_of(each)) is not None]
    if len(names) == 2:
        yield names[0], names[1]


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
        if type(node).__name__ != "A_Expr" or [each.sval for each in node.name] != ["="]:
            continue
        for side, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            column = column_of(side.arg if type(side).__name__ == "TypeCast" else side)
            names = {name for _, name in columns_in(other)}
            if column is not None and names and column[1] not in names:
                yield column[1], text_of(other)
