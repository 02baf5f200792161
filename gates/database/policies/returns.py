"""What a PL/pgSQL function answers, where it does nothing but choose between answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class _MoreError(Exception):
    """It does something besides."""


def answers(body: str, arguments: tuple[str, ...]) -> list[str] | None:
    """The expressions that it may return; None where it has variables, writes or handles errors,
    so that its answer cannot be told from them.

    The conditions between which it chooses do not matter: any answer may be the one.
    """
    from pglast.parser import ParseError, parse_plpgsql_json

    tag = "gates"
    while f"${tag}$" in body:
        tag += "x"
    given = ", ".join(f'"{each}" text' for each in arguments if each)
    source = f"CREATE FUNCTION f({given}) RETURNS boolean LANGUAGE plpgsql AS ${tag}${body}${tag}$"
    try:
        (parsed,) = json.loads(parse_plpgsql_json(source))
        function = parsed["PLpgSQL_function"]
        own = {each.get("PLpgSQL_var", {}).get("refname") for each in function["datums"]}
        if own - {*arguments, "found"}:
            return None
        return list(_of(function["action"]))
    except (ParseError, ValueError, LookupError, _MoreError, RecursionError):
        return None


def _of(statement: Mapping[str, Any]) -> Iterator[str]:
    (kind, content), *more = statement.items()
    if more:
        raise _MoreError
    if kind == "PLpgSQL_stmt_block" and "exceptions" not in content:
        for each in content.get("body", ()):
            yield from _of(each)
    elif kind == "PLpgSQL_stmt_return":
        if "expr" in content:
            yield str(content["expr"]["PLpgSQL_expr"]["query"])
        elif content.get("retvarno", -1) != -1:
            raise _MoreError
    elif kind == "PLpgSQL_stmt_if":
        branches = [content.get("then_body", ()), content.get("else_body", ())]
        branches += [
            each["PLpgSQL_if_elsif"].get("stmts", ()) for each in content.get("elsif_list", ())
        ]
        for each in (each for branch in branches for each in branch):
            yield from _of(each)
    else:
        raise _MoreError
