"""PL/pgSQL bodies: the SQL in them, each piece with its line, and what their variables are. Pure.

Trees are those of libpg_query's `parse_plpgsql`, in which a number that is 0 is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gates.database.parsing.dynamic import Names, literal_text
from gates.database.parsing.script import expression_of, parse_inner
from gates.records import dataclass

Tree = dict[str, Any]

_STATEMENT, _TO_A_VARIABLE, _ASSIGNMENTS = 0, 3, frozenset({3, 4, 5})
_RUNS_TEXT = frozenset({"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"})
_TARGETS = frozenset({"var", "target", "PLpgSQL_row", "PLpgSQL_diag_item"})


@dataclass(frozen=True)
class Piece:
    """SQL in a body: a statement, an expression, or an expression for the text of a statement."""

    text: str
    line: int
    """Of the body, from 1."""
    kind: str
    """"statement", "expression" or "dynamic"."""
    assigned: bool = False
    """Its value goes into a variable."""


@dataclass(frozen=True)
class Body:
    """One body: its SQL and its variables."""

    pieces: tuple[Piece, ...]
    names: Names
    handlers: tuple[tuple[str, int], ...] = ()
    """Conditions that it catches, by name or code, each with its line of the body."""


@lru_cache(maxsize=512)
def read_body(source: str) -> Body | None:
    """A CREATE FUNCTION statement's body; None where libpg_query cannot read it."""
    from pglast.parser import ParseError, parse_plpgsql_json

    try:
        (tree,) = json.loads(parse_plpgsql_json(source))
        function: Tree = tree["PLpgSQL_function"]
        return Body(
            tuple(_pieces(function.get("action"), 1, dynamic=False, assigned=False))
            + tuple(_pieces(function.get("datums"), 1, dynamic=False, assigned=False)),
            names_of(function),
            tuple(_handlers(function, 1)),
        )
    except (ParseError, ValueError, LookupError, RecursionError):
        return None


def names_of(function: Tree) -> Names:
    """The variables of a function (a `PLpgSQL_function`), without those that share a name."""
    variables = [each["PLpgSQL_var"] for each in function["datums"] if "PLpgSQL_var" in each]
    listed = [str(each.get("refname", "")) for each in variables]
    listed += [str(each["PLpgSQL_rec"].get("refname", ""))
               for each in function["datums"] if "PLpgSQL_rec" in each]  # fmt: skip
    types: dict[str, str] = {}
    known: dict[str, tuple[str, ...]] = {}
    arrays = _loop_arrays(function)
    for variable in variables:
        name = str(variable.get("refname", ""))
        if listed.count(name) > 1:
            continue
        types[name] = variable.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
        if variable.get("isconst"):
            query = variable.get("default_val", {}).get("PLpgSQL_expr", {}).get("query", "")
            text = literal_text(expression_of(query))
            if text is not None and types[name] in {"text", "name", "varchar"}:
                known[name] = (text,)
        elif (values := arrays.get(name)) is not None:
            known[name] = values
    return Names(types, known)


def _loop_arrays(function: Tree) -> dict[str, tuple[str, ...]]:
    """The variables that FOREACH fills from an array of literals, and nothing else fills."""
    data = function["datums"]
    found: dict[str, tuple[str, ...]] = {}
    filled: list[str] = []
    for kind, node in _statements(function.get("action")):
        if kind in {"PLpgSQL_stmt_foreach_a", "PLpgSQL_stmt_assign"}:
            number = node.get("varno", 0)
            name = data[number].get("PLpgSQL_var", {}).get("refname", "")
            filled.append(name)
            query = node.get("expr", {}).get("PLpgSQL_expr", {}).get("query", "")
            values = _array_of_literals(query)
            if kind == "PLpgSQL_stmt_foreach_a" and values is not None:
                found[name] = values
        elif kind in _TARGETS:
            filled += _filled_by(node, data)
        elif kind == "PLpgSQL_stmt_call":
            # What its OUT arguments are, only the server knows.
            filled += re.findall(
                r"\w+", node.get("expr", {}).get("PLpgSQL_expr", {}).get("query", "")
            )
    return {name: values for name, values in found.items() if filled.count(name) == 1}


def _filled_by(target: Tree, data: list[Tree]) -> Iterator[str]:
    """The names of the variables that INTO, a FOR loop or GET DIAGNOSTICS fills."""
    if "target" in target and isinstance(target["target"], int):
        yield data[target["target"]].get("PLpgSQL_var", {}).get("refname", "")
    if "PLpgSQL_var" in target:
        yield target["PLpgSQL_var"].get("refname", "")
    for each in target.get("fields", ()):
        yield data[each.get("varno", 0)].get("PLpgSQL_var", {}).get("refname", "")


def _statements(node: object) -> Iterator[tuple[str, Tree]]:
    """Every named node of a body, outermost first."""
    for each in node if isinstance(node, list) else ():
        yield from _statements(each)
    for key, value in node.items() if isinstance(node, dict) else ():
        if isinstance(value, dict):
            yield key, value
        yield from _statements(value)


def _array_of_literals(expression: str) -> tuple[str, ...] | None:
    """The elements of ARRAY['a', 'b'], also with a cast; None for any other expression."""
    value = expression_of(expression)
    value = value.get("TypeCast", {}).get("arg", value)
    elements = value.get("A_ArrayExpr", {}).get("elements")
    texts = [literal_text(each) for each in elements or ()]
    return tuple(str(each) for each in texts) if texts and None not in texts else None


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


def _pieces(node: object, line: int, *, dynamic: bool, assigned: bool) -> Iterator[Piece]:
    for each in node if isinstance(node, list) else ():
        yield from _pieces(each, line, dynamic=dynamic, assigned=assigned)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if isinstance(value, dict) and "lineno" in value:
            line = value["lineno"]
        if key == "PLpgSQL_expr" and isinstance(value, dict) and value.get("query"):
            yield _piece(value, line, dynamic=dynamic, assigned=assigned)
        elif key in _RUNS_TEXT and isinstance(value, dict):
            yield from _pieces(value.get("query"), line, dynamic=True, assigned=False)
            rest = {name: each for name, each in value.items() if name != "query"}
            yield from _pieces(rest, line, dynamic=False, assigned=False)
        else:
            into = key in {"default_val", "t_expr"} or (key == "sqlstmt" and bool(node.get("into")))
            yield from _pieces(value, line, dynamic=key == "dynquery", assigned=into)


def _piece(expression: Tree, line: int, *, dynamic: bool, assigned: bool) -> Piece:
    text, mode = str(expression["query"]), expression.get("parseMode", _STATEMENT)
    if mode in _ASSIGNMENTS:
        return Piece(assigned_expression(text), line, "expression", mode == _TO_A_VARIABLE)
    if dynamic:
        return Piece(text, line, "dynamic")
    return Piece(text, line, "statement" if mode == _STATEMENT else "expression", assigned)


def assigned_expression(assignment: str) -> str:
    """The right side of `name := expression`."""
    for sign in (":=", "="):
        at = assignment.find(sign)
        while at >= 0:
            rest = assignment[at + len(sign) :]
            if parse_inner(f"SELECT {rest}").fault is None:
                return rest
            at = assignment.find(sign, at + 1)
    return assignment
