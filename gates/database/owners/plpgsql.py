"""The statements of a PL/pgSQL body, those of EXECUTE too, looked at one by one. Pure."""

from __future__ import annotations

from typing import Any

from gates.database.owners.assignments import Assignments
from gates.database.owners.keeps import Keeps
from gates.database.owners.routine import Looked, calls_in
from gates.database.owners.scopes import Scope
from gates.database.sql.quoting import RAW, written
from gates.database.sql.trees import Tree
from gates.database.sql.variables import expression_of

_DYNAMIC = {"PLpgSQL_stmt_dynexecute": "query", "PLpgSQL_stmt_dynfors": "query"}


class Body(Assignments):
    """A PL/pgSQL body."""

    def look(self, keeps: Keeps, found: Looked) -> None:
        """Look at every statement."""
        self.keeps, self.found = keeps, found
        self._statements(self.function, Scope(self.variables))

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
        trees = self.read(text if mode == 0 else f"SELECT {text}")
        self._look_at(trees, scope)

    def _texts(self, expression: str, parameters: list[Any], scope: Scope) -> None:
        """The statements of an EXECUTE."""
        keys = [
            self.ties.key(self.expression(each["PLpgSQL_expr"]["query"]), scope)
            for each in parameters
        ]
        inner = Scope(self.variables, bindings={f"${n}": key for n, key in enumerate(keys, 1)})
        for text in self.dynamic.get(expression, (RAW,)):
            if RAW in text:
                self.keeps.faults.append(f"EXECUTE {expression} (only a run knows the statement)")
                continue
            trees = self.read(written(text))
            self._look_at(trees, inner)

    def _look_at(self, trees: list[Tree], scope: Scope) -> None:
        self.found.calls |= calls_in(trees)
        for tree in trees:
            self.keeps.inspect(tree, scope)
