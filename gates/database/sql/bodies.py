"""PL/pgSQL bodies: the SQL in them, each piece with its line. Pure.

Trees are those of libpg_query's `parse_plpgsql`, in which a number that is 0 is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from gates.database.sql.held import Variables
from gates.database.sql.variables import TooManyWaysError, expression_of, follow

_STATEMENT, _TO_A_VARIABLE, _ASSIGNMENTS = 0, 3, frozenset({3, 4, 5})

_COLUMNS_FIRST = re.compile(r"#\s*variable_conflict\s+use_column", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """SQL in a body: a statement, an expression, or an expression for the text of a statement."""

    text: str
    line: int
    """Of the body, from 1."""
    kind: str
    """"statement", "expression" or "dynamic"."""
    kept: bool = False
    """Its value goes into a variable."""


@dataclass(frozen=True)
class Body:
    """One body: its SQL and its variables."""

    pieces: tuple[Piece, ...]
    variables: Variables
    handlers: tuple[tuple[str, int], ...] = ()
    """Conditions that it catches, by name or code, each with its line of the body."""


@lru_cache(maxsize=512)
def read(source: str) -> Body | None:
    """A CREATE FUNCTION statement's body; None where libpg_query cannot read it."""
    from pglast.parser import ParseError, parse_plpgsql_json

    try:
        (tree,) = json.loads(parse_plpgsql_json(source))
    except (ParseError, ValueError):
        return None
    try:
        variables = follow(tree.get("PLpgSQL_function", {}))
    except (TooManyWaysError, RecursionError):
        return None
    pieces = tuple(_pieces(tree, 1, dynamic=False))
    if variables.dynamic and _COLUMNS_FIRST.search(source):
        return None  # a variable's name may mean a column in it
    return Body(pieces, variables, tuple(_handlers(tree, 1)))


def _handlers(node: object, line: int) -> Iterator[tuple[str, int]]:
    for each in node if isinstance(node, list) else ():
        yield from _handlers(each, line)
    for key, value in node.items() if isinstance(node, dict) else ():
        if isinstance(value, dict) and "lineno" in value:
            line = value["lineno"]
        if key == "PLpgSQL_condition" and isinstance(value, dict):
            yield value.get("condname", ""), line
        else:
            yield from _handlers(value, line)


def _pieces(node: object, line: int, *, dynamic: bool, kept: bool = False) -> Iterator[Piece]:
    if isinstance(node, list):
        for each in node:
            yield from _pieces(each, line, dynamic=dynamic, kept=kept)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if isinstance(value, dict) and "lineno" in value:
            line = value["lineno"]
        if key == "PLpgSQL_expr" and isinstance(value, dict) and value.get("query"):
            text, mode = value["query"], value.get("parseMode", _STATEMENT)
            if mode in _ASSIGNMENTS:
                yield Piece(expression_of(text), line, "expression", mode == _TO_A_VARIABLE)
            elif dynamic:
                yield Piece(text, line, "dynamic")
            else:
                kind = "statement" if mode == _STATEMENT else "expression"
                yield Piece(text, line, kind, kept)
        elif key in {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"}:
            yield from _pieces(value.get("query"), line, dynamic=True)
            rest = {name: each for name, each in value.items() if name != "query"}
            yield from _pieces(rest, line, dynamic=False)
        else:
            into = key in {"default_val", "t_expr"} or (key == "sqlstmt" and bool(node.get("into")))
            yield from _pieces(value, line, dynamic=key == "dynquery", kept=into)
