"""Statements inside statements: DO blocks, function bodies, and EXECUTE of texts that are written
out. Pure.

What is put together while it runs cannot be seen here; what it does is for the proofs to find.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gates.database.script import Node, Script, Statement, option, parse, strings
from gates.model import Location
from gates.module import Module

UNKNOWN = "unknown_at_parse_time"
"""Stands for the parts of a dynamic statement that only a run can know."""

_FORMAT = re.compile(r"%(?:\d+\$)?-?\d*([sIL%])")
_SQL, _EXPRESSION = 0, 2


@dataclass(frozen=True)
class Inner:
    """A statement, wherever it is written."""

    script: Script
    statement: Statement
    """Its own; `offset` is only exact where `line` is None."""
    line: int | None = None
    """The line of the file, for a statement inside a body."""
    dynamic: bool = False
    """It is the text of an EXECUTE."""

    def at(self, node: Node | None = None) -> Location:
        """Where a node of it is: to the character at the top level, else by line."""
        if self.line is not None:
            text = self.script.sql.splitlines()[self.line - 1 : self.line]
            blanks = len(text[0]) - len(text[0].lstrip()) if text else 0
            return Location(self.script.path, self.line, blanks + 1)
        offset = self.statement.offset
        if node is not None and node.get("location", -1) > 0:
            offset = self.script.characters(node["location"])
        return Location(self.script.path, *self.script.position(offset))


def scripts_of(module: Module, *, rollbacks: bool = True, hooks: bool = True) -> list[Script]:
    """The module's SQL files, parsed: migrations in order, their rollbacks, hooks."""
    found = []
    for migration in module.migrations:
        found.append(parse(migration.path, migration.sql))
        if rollbacks and migration.rollback_path and migration.rollback_sql is not None:
            found.append(parse(migration.rollback_path, migration.rollback_sql))
    if hooks:
        found += [parse(path, module.text(path)) for path in module.hooks.values()]
    return found


@lru_cache(maxsize=512)
def statements_of(script: Script) -> tuple[Inner, ...]:
    """Every statement of a script, with those inside it after it."""
    found: list[Inner] = []
    for statement in script.statements:
        outer = Inner(script, statement)
        found += [outer, *_inside(outer)]
    return tuple(found)


def _inside(outer: Inner) -> Iterator[Inner]:
    statement = outer.statement
    if statement.kind not in {"DoStmt", "CreateFunctionStmt"}:
        return
    node = statement.node
    options = {"options": node.get("args")} if statement.kind == "DoStmt" else node
    language = (option(options, "language") or {}).get("String", {}).get("sval", "plpgsql")
    source = option(options, "as")
    if source is None:
        return  # BEGIN ATOMIC: the body is part of the statement's own tree
    items = source.get("List", {}).get("items") or [source]
    text = strings(items)[0] if strings(items) else ""
    at = outer.script.sql.find(text, statement.offset) if text else -1
    first = (
        outer.script.position(max(at, statement.offset))[0] if outer.line is None else outer.line
    )
    if language.lower() == "sql":
        yield from _parsed(outer.script, text, first, dynamic=False)
    elif language.lower() == "plpgsql":
        yield from _plpgsql(outer.script, statement, text, first)


def _parsed(
    script: Script, text: str, line: int, *, dynamic: bool, flat: bool = False
) -> Iterator[Inner]:
    """The statements of a text that begins on a line; nothing where it does not parse."""
    body = parse("", text)
    for each in body.statements:
        at = line if flat else line + body.position(each.offset)[0] - 1
        inner = Inner(script, each, at, dynamic)
        yield inner
        yield from _inside(inner)


def _plpgsql(script: Script, statement: Statement, text: str, first: int) -> Iterator[Inner]:
    source = statement.text
    if statement.kind == "DoStmt":
        tag = "gates"
        while f"${tag}$" in text:
            tag += "x"
        source = f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ${tag}${text}${tag}$"
    for expression, line, dynamic, mode in _expressions(source):
        at = first + line - 1
        if dynamic:
            known = _known_text(expression)
            if known:
                yield from _parsed(script, known, at, dynamic=True, flat=True)
        elif mode == _SQL:
            yield from _parsed(script, expression, at, dynamic=False, flat=True)
        else:
            yield from _parsed(script, f"SELECT {expression}", at, dynamic=False, flat=True)


def _expressions(source: str) -> Iterator[tuple[str, int, bool, int]]:
    """(text, line of the body, is it the text of an EXECUTE, parse mode) of each expression."""
    from pglast.parser import ParseError, parse_plpgsql_json

    try:
        tree = json.loads(parse_plpgsql_json(source))
    except (ParseError, ValueError):
        return
    yield from _visit(tree, 1, dynamic=False)


def _visit(node: object, line: int, *, dynamic: bool) -> Iterator[tuple[str, int, bool, int]]:
    if isinstance(node, list):
        for each in node:
            yield from _visit(each, line, dynamic=dynamic)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        inner = dynamic
        if isinstance(value, dict) and "lineno" in value:
            line = value["lineno"]
        if key == "PLpgSQL_expr" and isinstance(value, dict) and value.get("query"):
            yield value["query"], line, dynamic, value.get("parseMode", _EXPRESSION)
            continue
        if key in {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"} and isinstance(value, dict):
            yield from _visit(value.get("query"), line, dynamic=True)
            rest = {name: each for name, each in value.items() if name != "query"}
            yield from _visit(rest, line, dynamic=False)
            continue
        yield from _visit(value, line, dynamic=inner)


def _known_text(expression: str) -> str:
    """What an SQL expression for a text gives, with `UNKNOWN` for what only a run can know."""
    script = parse("", f"SELECT {expression}")
    if len(script.statements) != 1:
        return ""
    targets = script.statements[0].node.get("targetList", [])
    value = targets[0].get("ResTarget", {}).get("val", {}) if targets else {}
    text = _evaluate(value)
    return "" if text.strip() == UNKNOWN else text


def _evaluate(value: dict[str, Any]) -> str:
    if "A_Const" in value:
        constant = value["A_Const"].get("sval")
        return str(constant.get("sval", "")) if constant is not None else UNKNOWN
    if "TypeCast" in value:
        return _evaluate(value["TypeCast"].get("arg", {}))
    if "A_Expr" in value and strings(value["A_Expr"].get("name")) == ["||"]:
        sides = (value["A_Expr"].get(side, {}) for side in ("lexpr", "rexpr"))
        return "".join(_evaluate(side) for side in sides)
    if "FuncCall" in value:
        call = value["FuncCall"]
        arguments = [_evaluate(each) for each in call.get("args", ())]
        name = strings(call.get("funcname"))[-1:]
        if name == ["format"] and arguments:
            rest = iter(arguments[1:])
            return _FORMAT.sub(lambda found: _filled(found[1], rest), arguments[0])
        if name == ["quote_ident"] and arguments:
            return arguments[0]
        if name in (["concat"], ["concat_ws"]):
            return "".join(arguments)
    return UNKNOWN


def _filled(kind: str, arguments: Iterator[str]) -> str:
    if kind == "%":
        return "%"
    value = next(arguments, UNKNOWN)
    if kind == "L":
        return "'" + value.replace("'", "''") + "'"
    return value
