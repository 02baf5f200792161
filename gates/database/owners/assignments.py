"""What the variables of a PL/pgSQL body are known to hold, and its arguments. Pure.

A variable is the tenant's where everything that is ever assigned to it is. An argument is the
caller's word, unless the function begins with a guard that refuses another tenant:
IF p IS DISTINCT FROM <tenant> THEN RAISE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gates.database.owners.routine import Routine, UnreadableError, parsed, qualify
from gates.database.owners.scopes import TENANT, Key, Scope, Variables, is_statement
from gates.database.owners.ties import Ties
from gates.database.sql.bodies import read
from gates.database.sql.trees import Tree, is_a, nodes
from gates.database.sql.variables import expression_of

_TARGET = re.compile(r'\s*("(?:[^"]|"")+"|\w+)\s*(?:\.\s*("(?:[^"]|"")+"|\w+))?\s*(:?=|\[|\.)')
_ERROR = 21
"""RAISE's level of an exception (elog.h)."""
_ROUNDS = 12


class Assignments:
    """The variables of a PL/pgSQL body."""

    def __init__(
        self,
        routine: Routine,
        ties: Ties,
        given: set[str],
        names: set[str],
    ) -> None:
        self.ties = ties
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
        self._follow()

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
            own=frozenset(each.label for each in own if not routine.before),
            transition=routine.transition,
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

    def _follow(self) -> None:
        for datum in self.data:
            variable = datum.get("PLpgSQL_var", {})
            if "default_val" in variable:
                text = variable["default_val"]["PLpgSQL_expr"]["query"]
                self._source(("var", variable["refname"]), self.expression(text))
        self._guards()
        self._assignments(self.function.get("action", {}))
        self._settle()

    def _source(self, key: Key, value: Tree | None) -> None:
        self.sources.setdefault(key, []).append(value)

    def read(self, text: str) -> list[Tree]:
        """The statements of a text, with the functions of public by their whole names. Raises
        `UnreadableError`."""
        trees = parsed(text)
        qualify(trees, self.ties.meaning.functions)
        return trees

    def expression(self, text: str) -> Tree:
        """The tree of an expression. Raises `UnreadableError`."""
        (select,) = self.read(f"SELECT {text}")
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
            plain = target is not None and target[3] in {":=", "="}
            tree = self.expression(expression_of(text)) if plain else None
            self._assign(self.data[value.get("varno", 0)], tree)
        elif kind in {"execsql", "fors", "forc", "dynexecute", "dynfors", "fetch", "fori"}:
            query = (value.get("sqlstmt") or value.get("query") or {}) if kind in {
                "execsql", "fors"} else {}  # fmt: skip
            text = query.get("PLpgSQL_expr", {}).get("query")
            into = value.get("target") or value.get("var")
            if into:
                self._into(into, self.read(text)[0] if text else None)
        elif kind == "foreach_a":
            self._into(self.data[value.get("varno", 0)], None)
        elif kind == "getdiag":
            for each in value.get("diag_items", ()):
                number = each.get("PLpgSQL_diag_item", {}).get("target", 0)
                self._into(self.data[number], None)
        elif kind == "call":
            for tree in self.read(value["expr"]["PLpgSQL_expr"]["query"]):
                for each in nodes(tree):
                    if is_a(each, "ColumnRef"):
                        self._source(("var", getattr(each.fields[0], "sval", "")), None)

    def _assign(self, datum: dict[str, Any], value: Tree | None) -> None:
        """A value goes into a variable, a field of a record, or a record."""
        ((kind, content),) = datum.items()
        if kind == "PLpgSQL_rec":
            self.records.setdefault(content["refname"], []).append(None)
        elif kind == "PLpgSQL_recfield":
            parent = self.data[content.get("recparentno", 0)]["PLpgSQL_rec"]
            self._source(("var", parent["refname"], content["fieldname"]), value)
        else:
            self._source(("var", content.get("refname", "")), value)

    def _into(self, target: dict[str, Any], query: Tree | None) -> None:
        """What a query gives goes into variables or a record."""
        ((kind, content),) = target.items()
        if kind == "PLpgSQL_rec":
            self.records.setdefault(content["refname"], []).append(query)
        elif kind == "PLpgSQL_row":
            fields = content.get("fields", ())
            for number, each in enumerate(fields):
                datum = self.data[each.get("varno", 0)]
                if len(fields) == 1 and "PLpgSQL_var" in datum:  # it may be of a row's type
                    name = datum["PLpgSQL_var"]["refname"]
                    self.records.setdefault(name, []).append(query)
                self._assign(datum, (query, number) if query is not None else None)
        else:
            self._assign(target, None)

    def _guards(self) -> None:
        """Arguments that the body compares with the tenant before it does anything else."""
        block = self.function.get("action", {}).get("PLpgSQL_stmt_block", {})
        if "exceptions" in block:
            return
        for statement in block.get("body", ()):
            ((kind, value),) = statement.items()
            if kind == "PLpgSQL_stmt_if" and _refuses(value):
                (tree,) = self.read(f"SELECT {value['cond']['PLpgSQL_expr']['query']}")
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
                found = {self._mark(each, scope) for each in values}
                if len(key) == 3:  # a field of a record, which may be filled as a whole too
                    found |= self._filled(str(key[1]), str(key[2]), scope)
                self._hold(key, found)
            for name in self.records:
                self._record(name, scope)
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

    def _given(self, name: str, scope: Scope) -> list[dict[str, str | None]]:
        """The columns of each query that fills a record."""
        return [
            dict(self.ties.outputs(each, scope)) if each is not None and is_statement(each) else {}
            for each in self.records.get(name, ())
        ]

    def _filled(self, name: str, column: str, scope: Scope) -> set[str | None]:
        return {each.get(column) for each in self._given(name, scope)}

    def _record(self, name: str, scope: Scope) -> None:
        given = self._given(name, scope)
        for column in given[0]:
            key: Key = ("var", name, column)
            if key not in self.sources:
                self._hold(key, {each.get(column) for each in given})


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
