"""PostgreSQL's parse trees of expressions: small questions about them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Tree = Any
"""A node of pglast's, of any kind, or a tuple of nodes."""
Canon = tuple[Any, ...]
"""A canonical form: ("column", name), ("setting", name), ("call", name, ...), ..."""
Env = Mapping[str, Canon]
"""Arguments of an inlined function, by "$1" and by name."""

UUID = re.compile(r"^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$", re.IGNORECASE)
_BEGINS = re.compile(r"\s*RETURN\s+", re.IGNORECASE)


def is_a(node: Tree, kind: str) -> bool:
    """Whether a node is of a kind, by the name of PostgreSQL's struct."""
    return type(node).__name__ == kind


def call_name(node: Tree) -> str:
    """The name of the function that is called, without PostgreSQL's own schema."""
    names = [each.sval for each in node.funcname]
    return ".".join(names[1:] if names[0] == "pg_catalog" else names)


def operator(node: Tree) -> str:
    """The operator of an expression, "" where it is not PostgreSQL's own."""
    names = [each.sval for each in node.name]
    return str(names[-1]) if len(names) == 1 or names[0] == "pg_catalog" else ""


def nodes(node: Tree) -> Iterator[Tree]:
    """A node and all below it."""
    from pglast import ast

    if isinstance(node, tuple):
        for each in node:
            yield from nodes(each)
    elif isinstance(node, ast.Node):
        yield node
        for each in node:
            yield from nodes(getattr(node, each))


def shown(node: Tree) -> str:
    """A node as SQL."""
    from pglast.stream import RawStream

    return str(RawStream()(node))


def equality(one: Canon, other: Canon) -> Canon:
    """Two sides of an equality, in an order of their own."""
    return ("=", *sorted((one, other), key=repr))


def parts_of(canon: Canon) -> Iterator[Canon]:
    """A canonical form and all within it."""
    yield canon
    for each in canon:
        if isinstance(each, tuple):
            yield from parts_of(each)


def has_column(canon: Canon, *, own: bool = False) -> bool:
    """Whether a column is in it (`own`: outside of subqueries)."""
    if own and canon[:1] in {("SubLink",), ("SelectStmt",)}:
        return False
    if canon[:1] in {("column",), ("param",)}:
        return True
    return any(isinstance(each, tuple) and has_column(each, own=own) for each in canon)


def selects(node: Tree) -> Iterator[Tree]:
    """The subqueries of an expression that read something."""
    for each in nodes(node):
        if is_a(each, "SubLink") and not bare(each.subselect):
            yield each.subselect


def bare(select: Tree) -> bool:
    """Whether a SELECT is one expression and nothing else."""
    return (
        select.larg is None
        and not select.fromClause
        and select.whereClause is None
        and len(select.targetList or ()) == 1
        and not select.withClause
    )


def only_expression(body: str) -> Tree:
    """The expression that an SQL function gives, or None: it does more."""
    from pglast import ast, enums, parse_sql
    from pglast.parser import ParseError

    text = _BEGINS.sub("SELECT ", body, count=1) if _BEGINS.match(body) else body
    try:
        statements = parse_sql(text)
    except ParseError:
        return None
    if len(statements) != 1 or not is_a(statements[0].stmt, "SelectStmt"):
        return None
    select: Tree = statements[0].stmt
    if bare(select):
        return select.targetList[0].val
    return ast.SubLink(subLinkType=enums.SubLinkType.EXPR_SUBLINK, subselect=select)


def join_conditions(select: Tree) -> list[Tree]:
    """The conditions of inner joins."""
    from pglast import enums

    return [
        each.quals
        for each in nodes(select.fromClause or ())
        if is_a(each, "JoinExpr")
        and each.jointype == enums.JoinType.JOIN_INNER
        and each.quals is not None
    ]


def names_row(node: Tree, table: str, env: Env) -> bool:
    """Whether a condition is about the outer row."""
    for each in nodes(node):
        if is_a(each, "ParamRef"):
            return True
        if is_a(each, "ColumnRef"):
            names = [getattr(part, "sval", "*") for part in each.fields]
            if (len(names) > 1 and names[-2] == table) or names[-1] in env:
                return True
    return False


def plain(value: Tree) -> Tree:
    """The value of a constant."""
    for name in ("sval", "ival", "boolval", "fval", "bsval"):
        if hasattr(value, name):
            return getattr(value, name)
    return None
