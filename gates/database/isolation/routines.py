"""The body of one function: its statements, each with what its arguments and variables are known to
hold. Pure.

A variable is the tenant's where everything that is ever assigned to it is. An argument is the
caller's word, unless the function begins with a guard that refuses another tenant:
IF p IS DISTINCT FROM <tenant> THEN RAISE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gates.database.isolation.keeps import Keeps
from gates.database.isolation.scopes import TENANT, Key, Scope, Shape, Variables, is_statement
from gates.database.isolation.ties import Ties
from gates.database.sql.bodies import read
from gates.database.sql.quoting import RAW, written
from gates.database.sql.trees import Tree, call_name, is_a, nodes
from gates.database.sql.variables import expression_of

_TARGET = re.compile(r'\s*("(?:[^"]|"")+"|\w+)\s*(?:\.\s*("(?:[^"]|"")+"|\w+))?\s*(:?=|\[|\.)')
_ERROR = 21
"""RAISE's level of an exception (elog.h)."""
_GIVEN = {"FUNC_PARAM_IN", "FUNC_PARAM_INOUT", "FUNC_PARAM_VARIADIC", "FUNC_PARAM_DEFAULT"}
_DYNAMIC = {"PLpgSQL_stmt_dynexecute": "query", "PLpgSQL_stmt_dynfors": "query"}
_ROUNDS = 12
_ASKING = {
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat", "ts_rewrite",
    "table_to_xml", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema",
    "database_to_xml", "database_to_xml_and_xmlschema",
}  # fmt: skip
"""Functions of PostgreSQL that run a text or read a table by its name."""


class UnreadableError(Exception):
    """Why a body cannot be read."""


@dataclass(frozen=True)
class Routine:
    """One function, as it is defined."""

    label: str
    """"function public.f(uuid)"."""
    name: str
    source: str
    """Its CREATE FUNCTION, as pg_get_functiondef writes it."""
    language: str
    tables: tuple[Shape, ...] = ()
    """The tables that its triggers are on."""
    on_views: bool = False
    """Whether a trigger is on a view, whose rows are the caller's word."""
    transition: frozenset[str] = frozenset()


@dataclass
class Looked:
    """What was seen of one function."""

    faults: list[str] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    """The functions that it calls, by name, with or without a schema."""
    changed: set[str] = field(default_factory=set)
    """The labels of the tables that it changes."""


def look(routine: Routine, ties: Ties) -> Looked:
    """Read a function. Raises `UnreadableError`."""
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        created: Tree = parse_sql(routine.source)[0].stmt
    except (ParseError, IndexError) as error:
        raise UnreadableError("its definition cannot be read") from error
    if routine.language not in {"sql", "plpgsql"}:
        raise UnreadableError(f"it is written in {routine.language}")
    given, names = set(), set()
    for each in created.parameters or ():
        if each.name:
            names.add(each.name)
            if each.mode.name in _GIVEN:
                given.add(each.name)
    found = Looked()
    keeps = Keeps(ties)
    if routine.language == "sql":
        variables = Variables(frozenset(names), routine.name)
        trees: list[Tree] = list(_sql(created))
        for tree in trees:
            keeps.inspect(tree, Scope(variables))
        found.calls |= _calls(trees)
    else:
        _Body(routine, ties, keeps, found, given, names).look()
    asked = (f"{each}(): only a run knows what it reads" for each in found.calls & _ASKING)
    found.faults = list(dict.fromkeys([*keeps.faults, *sorted(asked)]))
    found.changed = keeps.changed
    return found


def _calls(trees: list[Tree]) -> set[str]:
    return {call_name(each) for tree in trees for each in nodes(tree) if is_a(each, "FuncCall")}


def _sql(created: Tree) -> Iterator[Tree]:
    from pglast import ast

    if created.sql_body is not None:
        for each in _flat(created.sql_body):
            yield (
                ast.SelectStmt(targetList=(ast.ResTarget(val=each.returnval),))
                if is_a(each, "ReturnStmt")
                else each
            )
        return
    yield from _parsed(_text(created))


def _flat(node: Tree) -> Iterator[Tree]:
    if isinstance(node, tuple):
        for each in node:
            yield from _flat(each)
    else:
        yield node


def _text(created: Tree) -> str:
    for each in created.options or ():
        if each.defname == "as":
            return str(each.arg[0].sval)
    raise UnreadableError("it has no body")


def _parsed(text: str) -> list[Tree]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        return [each.stmt for each in parse_sql(text)]
    except ParseError as error:
        raise UnreadableError(f"a statement cannot be read: {' '.join(text.split())[:80]}") from (
            error
        )


class _Body:
    """A PL/pgSQL body."""

    def __init__(
        self,
        routine: Routine,
        ties: Ties,
        keeps: Keeps,
        found: Looked,
        given: set[str],
        names: set[str],
    ) -> None:
        self.ties, self.keeps, self.found = ties, keeps, found
        from pglast.parser import ParseError, parse_plpgsql_json

        try:
            (tree,) = json.loads(parse_plpgsql_json(routine.source))
        except (ParseError, ValueError) as error:
            raise UnreadableError("its body cannot be read") from error
        body = read(routine.source)
        if body is None:
            raise UnreadableError("its body cannot be read")
        self.dynamic: Mapping[str, tuple[str, ...]] = body.variables.dynamic
        self.function: dict[str, Any] = tree["PLpgSQL_function"]
        self.data: list[dict[str, Any]] = self.function.get("datums", [])
        self.sources: dict[Key, list[Tree | None]] = {}
        """What is assigned: an expression, (query, number of the column), or None: anything."""
        self.records: dict[str, list[Tree | None]] = {}
        self.variables = self._variables(routine, given, names)

    def _variables(self, routine: Routine, given: set[str], names: set[str]) -> Variables:
        known = set(names)
        for datum in self.data:
            for each in datum.values():
                if isinstance(each, dict) and each.get("refname"):
                    known.add(each["refname"])
        for name in given:
            self.sources[("var", name)] = [None]
        own = routine.tables
        variables = Variables(
            frozenset(known), routine.name,
            first="#variable_conflict use_variable" in routine.source,
            own=frozenset(each.label for each in own), transition=routine.transition,
        )  # fmt: skip
        if own and not routine.on_views and all(each.tenanted for each in own):
            same = len({each.columns for each in own}) == 1
            columns = own[0].columns if same else (TENANT,)
            for name in ("new", "old"):
                variables.marks |= {("var", name, each): f"own {each}" for each in columns}
                variables.marks[("var", name, TENANT)] = "tenant"
            if same:
                variables.rows = {"new": columns, "old": columns}
        return variables

    def look(self) -> None:
        """Find what variables hold, then look at every statement."""
        for datum in self.data:
            variable = datum.get("PLpgSQL_var", {})
            if "default_val" in variable:
                text = variable["default_val"]["PLpgSQL_expr"]["query"]
                self._source(("var", variable["refname"]), self._expression(text))
        self._guards()
        self._assignments(self.function.get("action", {}))
        self._settle()
        scope = Scope(self.variables)
        self._statements(self.function, scope)

    def _source(self, key: Key, value: Tree | None) -> None:
        self.sources.setdefault(key, []).append(value)

    def _expression(self, text: str) -> Tree:
        (select,) = _parsed(f"SELECT {text}")
        if select.targetList and len(select.targetList) == 1 and not select.fromClause:
            return select.targetList[0].val
        return (select, 0)

    # what is assigned

    def _assignments(self, node: object) -> None:
        if isinstance(node, list):
            for each in node:
                self._assignments(each)
        if not isinstance(node, dict):
            return
        for kind, value in node.items():
            if isinstance(value, dict) and kind.startswith("PLpgSQL_stmt_"):
                self._assigned(kind.removeprefix("PLpgSQL_stmt_"), value)
            self._assignments(value)

    def _assigned(self, kind: str, value: dict[str, Any]) -> None:
        if kind == "assign":
            text = value["expr"]["PLpgSQL_expr"]["query"]
            target = _TARGET.match(text)
            if target is None:
                self._into(self.data[value.get("varno", 0)], None)
                return
            name, part, sign = _plain(target[1]), target[2], target[3]
            tree = self._expression(expression_of(text)) if sign in {":=", "="} else None
            if part is not None:
                self._source(("var", name, _plain(part)), tree)
            elif any(name == each.get("PLpgSQL_rec", {}).get("refname") for each in self.data):
                self.records.setdefault(name, []).append(None)
            else:
                self._source(("var", name), tree)
        elif kind in {"execsql", "fors", "forc", "dynexecute", "dynfors", "fetch", "fori"}:
            query = (value.get("sqlstmt") or value.get("query") or {}) if kind in {
                "execsql", "fors"} else {}  # fmt: skip
            text = query.get("PLpgSQL_expr", {}).get("query")
            into = value.get("target") or value.get("var")
            if into:
                self._into(into, _parsed(text)[0] if text else None)
        elif kind == "foreach_a":
            self._into(self.data[value.get("varno", 0)], None)
        elif kind == "getdiag":
            for each in value.get("diag_items", ()):
                number = each.get("PLpgSQL_diag_item", {}).get("target", 0)
                self._into(self.data[number], None)
        elif kind == "call":
            for tree in _parsed(value["expr"]["PLpgSQL_expr"]["query"]):
                for each in nodes(tree):
                    if is_a(each, "ColumnRef"):
                        self._source(("var", getattr(each.fields[0], "sval", "")), None)

    def _into(self, target: dict[str, Any], query: Tree | None) -> None:
        """What a query gives goes into variables or a record."""
        for kind, value in target.items():
            if kind == "PLpgSQL_rec":
                self.records.setdefault(value["refname"], []).append(query)
            elif kind == "PLpgSQL_row":
                fields = value.get("fields", ())
                for number, each in enumerate(fields):
                    name = each["name"]
                    if len(fields) == 1 and "." not in name:
                        self.records.setdefault(name, []).append(query)
                    key: Key = ("var", *name.split("."))
                    self._source(key, (query, number) if query is not None else None)
            elif kind == "PLpgSQL_recfield":
                parent = self.data[value.get("recparentno", 0)].get("PLpgSQL_rec", {})
                self._source(("var", parent.get("refname", ""), value["fieldname"]), None)
            elif isinstance(value, dict) and value.get("refname"):
                self._source(("var", value["refname"]), None)

    def _guards(self) -> None:
        """Arguments that the body compares with the tenant before it does anything else."""
        block = self.function.get("action", {}).get("PLpgSQL_stmt_block", {})
        if "exceptions" in block:
            return
        for statement in block.get("body", ()):
            ((kind, value),) = statement.items()
            if kind == "PLpgSQL_stmt_if" and _refuses(value):
                (tree,) = _parsed(f"SELECT {value['cond']['PLpgSQL_expr']['query']}")
                for name, other in _distinct(tree.targetList[0].val):
                    if self.sources.get(("var", name)) == [None]:
                        self.sources[("var", name)] = [other]
            elif kind != "PLpgSQL_stmt_assign":
                return

    def _settle(self) -> None:
        """Follow assignments until nothing new is known."""
        scope = Scope(self.variables)
        marks = self.variables.marks
        for key in [key for key in marks if key in self.sources or key[1] in self.records]:
            mark = marks.pop(key)  # NEW is assigned to: what it holds then is looked at
            if key[1] not in self.records:
                self.sources[key].append(("kept", mark))
        for _ in range(_ROUNDS):
            before = dict(marks)
            for key, values in self.sources.items():
                self._hold(key, {self._mark(each, scope) for each in values})
            for name, queries in self.records.items():
                self._record(name, queries, scope)
            if marks == before:
                return

    def _mark(self, value: Tree | None, scope: Scope) -> str | None:
        if value is None:
            return None
        if isinstance(value, tuple):
            query, number = value
            if query == "kept":
                return str(number)
            outputs = self.ties.outputs(query, scope) if is_statement(query) else []
            return outputs[number][1] if number < len(outputs) else None
        return scope.mark(self.ties.key(value, scope))

    def _hold(self, key: Key, found: set[str | None]) -> None:
        mark = found.pop() if len(found) == 1 else None
        if mark is not None:
            self.variables.marks[key] = mark

    def _record(self, name: str, queries: list[Tree | None], scope: Scope) -> None:
        given = [
            dict(self.ties.outputs(each, scope)) if each is not None and is_statement(each) else {}
            for each in queries
        ]
        for column in given[0]:
            key: Key = ("var", name, column)
            if key not in self.sources:
                self._hold(key, {each.get(column) for each in given})

    # what is run

    def _statements(self, node: object, scope: Scope) -> None:
        if isinstance(node, list):
            for each in node:
                self._statements(each, scope)
        if not isinstance(node, dict):
            return
        for kind, value in node.items():
            if kind == "PLpgSQL_expr" and isinstance(value, dict):
                self._run(value, scope)
            elif kind in _DYNAMIC or (isinstance(value, dict) and "dynquery" in value):
                name = _DYNAMIC.get(kind, "dynquery")
                self._texts(value[name]["PLpgSQL_expr"]["query"], value.get("params", ()), scope)
                self._statements(value, scope)
            else:
                self._statements(value, scope)

    def _run(self, value: dict[str, Any], scope: Scope) -> None:
        text, mode = value.get("query", ""), value.get("parseMode", 0)
        if not text:
            return
        if mode >= 3:
            text = expression_of(text)
        trees = _parsed(text if mode == 0 else f"SELECT {text}")
        self._look_at(trees, scope)

    def _texts(self, expression: str, parameters: list[Any], scope: Scope) -> None:
        """The statements of an EXECUTE."""
        keys = [
            self.ties.key(self._expression(each["PLpgSQL_expr"]["query"]), scope)
            for each in parameters
        ]
        inner = Scope(self.variables, bindings={f"${n}": key for n, key in enumerate(keys, 1)})
        for text in self.dynamic.get(expression, (RAW,)):
            if RAW in text:
                self.keeps.faults.append(f"EXECUTE {expression} (only a run knows the statement)")
                continue
            trees = _parsed(written(text))
            self._look_at(trees, inner)

    def _look_at(self, trees: list[Tree], scope: Scope) -> None:
        self.found.calls |= _calls(trees)
        for tree in trees:
            self.keeps.inspect(tree, scope)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _refuses(value: dict[str, Any]) -> bool:
    """Whether an IF without ELSE ends in an exception."""
    last = (value.get("then_body") or [{}])[-1].get("PLpgSQL_stmt_raise")
    alone = not value.get("elsif_list") and not value.get("else_body")
    return alone and last is not None and last.get("elog_level") == _ERROR


def _distinct(node: Tree) -> Iterator[tuple[str, Tree]]:
    """Names that are distinct from a value where a condition, or one side of its OR, holds."""
    from pglast import enums

    if is_a(node, "BoolExpr") and node.boolop == enums.BoolExprType.OR_EXPR:
        for each in node.args:
            yield from _distinct(each)
    elif is_a(node, "A_Expr") and node.kind == enums.A_Expr_Kind.AEXPR_DISTINCT:
        for one, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            if is_a(one, "ColumnRef") and len(one.fields) == 1:
                yield getattr(one.fields[0], "sval", ""), other
