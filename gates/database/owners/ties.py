"""What the conditions of a statement say about its tables: which values are the tenant's. Pure.

Equalities that hold for every row of the answer are followed from the session's tenant to columns:
those of WHERE and of joins, of IN and EXISTS, and of SQL functions, which stand for their bodies.
"""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.owners.equalities import Equalities
from gates.database.owners.scopes import (
    TENANT,
    Marks,
    Output,
    Relation,
    Scope,
    Shape,
    Variables,
    names_of,
)
from gates.database.policies.expressions import Meaning
from gates.database.sql.quoting import UNKNOWN
from gates.database.sql.trees import Tree, is_a

Condition = tuple[Tree, frozenset[int] | None]
"""An expression that holds, and the relations that it may say something about (None: all)."""


class Ties(Equalities):
    """Follows the tenant of the session through statements."""

    def __init__(self, meaning: Meaning, shapes: dict[tuple[str, str], Shape]) -> None:
        super().__init__(meaning)
        self.shapes = shapes
        self._viewing: set[str] = set()

    def enter(self, select: Tree, outer: Scope, *, assumed: bool = False) -> Scope:
        """The inside of a SELECT: its relations and what its conditions say; `assumed` says that
        the tenant_id which it gives is the tenant's."""
        scope = self.with_queries(select, outer)
        conditions: list[Condition] = []
        for item in select.fromClause or ():
            self.add(item, scope, conditions)
        if select.whereClause is not None:
            conditions.append((select.whereClause, None))
        for each in (select.targetList or ()) if assumed else ():
            names = names_of(each.val)
            if (each.name or (names[-1] if names else "")) == TENANT:
                key = self.key(each.val, scope)
                if key[0] == "col":
                    scope.marks[key] = "tenant"
        self.settle(scope, conditions)
        return scope

    def with_queries(self, statement: Tree, outer: Scope) -> Scope:
        """A scope that knows the WITH queries of a statement."""
        scope = Scope(outer.variables, outer)
        clause: Tree = getattr(statement, "withClause", None)
        for query in clause.ctes if clause else ():
            # Without RECURSIVE, a query knows those before it, and not itself.
            known = dict(scope.queries)
            around = scope if clause.recursive else Scope(outer.variables, outer, queries=known)
            outputs = self._of_query(query, around, recursive=clause.recursive)
            scope.bodies.append((query.ctequery, around))
            scope.queries[query.ctename] = outputs
        return scope

    def _of_query(self, query: Tree, around: Scope, *, recursive: bool) -> list[Output]:
        """The columns of a WITH query."""
        inner, name = query.ctequery, query.ctename
        names = [each.sval for each in query.aliascolnames or ()]

        def named(outputs: list[Output]) -> list[Output]:
            return [
                (names[number] if number < len(names) else column, mark)
                for number, (column, mark) in enumerate(outputs)
            ]

        if not recursive:
            return named(self.outputs(inner, around))
        around.queries.setdefault(name, [])
        if is_a(inner, "SelectStmt") and inner.larg is not None:
            # What its first part gives, as far as the second part keeps it so.
            around.queries[name] = named(self.outputs(inner.larg, around))
        while True:
            outputs = named(self.outputs(inner, around))
            if outputs == around.queries[name] or len(outputs) != len(around.queries[name]):
                return outputs
            around.queries[name] = outputs

    def add(self, item: Tree, scope: Scope, conditions: list[Condition]) -> list[Relation]:
        """The relations of one item of a FROM clause."""
        from pglast import enums

        if is_a(item, "JoinExpr"):
            left = self.add(item.larg, scope, conditions)
            right = self.add(item.rarg, scope, conditions)
            ids = {each.number for each in left}, {each.number for each in right}
            about = {
                enums.JoinType.JOIN_INNER: None,
                enums.JoinType.JOIN_LEFT: frozenset(ids[1]),
                enums.JoinType.JOIN_RIGHT: frozenset(ids[0]),
            }.get(item.jointype, frozenset())
            if item.quals is not None:
                conditions.append((item.quals, about))
            shared = [each.sval for each in item.usingClause or ()]
            if item.isNatural:
                shared = [TENANT]
            conditions += [((name, left, right), about) for name in shared]
            return [*left, *right]
        if is_a(item, "RangeTableSample"):
            return self.add(item.relation, scope, conditions)
        if is_a(item, "RangeVar"):
            relation = self.relation(item, scope)
        elif is_a(item, "RangeSubselect"):
            outputs = self.outputs(item.subquery, scope)
            relation = self._given(item.alias.aliasname if item.alias else "", outputs, scope)
        else:
            relation = Relation(item.alias.aliasname if item.alias else "", None)
        names = item.alias.colnames if item.alias is not None else None
        if names and relation.columns is not None:
            new = tuple(each.sval for each in names)
            relation.renamed = dict(zip(new, relation.columns, strict=False))
            relation.columns = (*new, *relation.columns[len(new) :])
        scope.relations.append(relation)
        return [relation]

    def _given(self, alias: str, outputs: list[Output], scope: Scope) -> Relation:
        relation = Relation(alias, tuple(name for name, _ in outputs))
        scope.marks |= {relation.key(name): mark for name, mark in outputs if mark}
        return relation

    def relation(self, node: Tree, scope: Scope) -> Relation:
        """A table, a view, a WITH query or a transition table by its name."""
        alias = node.alias.aliasname if node.alias is not None else node.relname
        if not node.schemaname:
            if (outputs := scope.query(node.relname)) is not None:
                return self._given(alias, outputs, scope)
            if node.relname in scope.variables.transition:
                return self._given(alias, [(TENANT, "tenant")], scope)
        if UNKNOWN in (node.schemaname or "") or UNKNOWN in node.relname:
            unknown = Shape("a table that only a run knows", (TENANT,), unknown=True)
            return Relation(alias, unknown.columns, unknown)
        shape = self.shapes.get((node.schemaname or "", node.relname))
        if shape is None:
            return Relation(alias, None)
        return Relation(alias, shape.columns, shape)

    def settle(self, scope: Scope, conditions: list[Condition]) -> None:
        """Follow conditions until nothing new is known."""
        while True:
            found: Marks = {}
            for node, about in conditions:
                new = self._joined(node, scope) if isinstance(node, tuple) else (
                    self.learned(node, scope))  # fmt: skip
                found |= {k: m for k, m in new.items() if about is None or k[1] in about}
            for relation in scope.relations:
                shape = relation.shape
                if shape is not None and shape.platform and self._personal(relation, scope):
                    found[relation.key(TENANT)] = "tenant"
            new = {
                key: mark
                for key, mark in found.items()
                if scope.mark(key) is None or (mark == "tenant" != scope.mark(key))
            }
            if not new:
                return
            scope.marks |= new

    def _joined(self, using: tuple[str, list[Relation], list[Relation]], scope: Scope) -> Marks:
        name, left, right = using
        found: Marks = {}
        for one in left:
            for other in right:
                if all(name in (each.columns or ()) for each in (one, other)):
                    found |= self.pair(one.key(name), other.key(name), scope)
        return found

    def _personal(self, relation: Relation, scope: Scope) -> bool:
        return any(scope.mark(relation.key(each)) == "person" for each in relation.columns or ())

    def tied(self, relation: Relation, scope: Scope) -> bool:
        """Whether a relation gives rows of the session's tenant alone."""
        shape = relation.shape
        if shape is None:
            return True
        mine = scope.mark(relation.key(TENANT)) == "tenant"
        if shape.view is not None:
            return self._view_tied(shape, assumed=mine)
        if mine:
            return True
        if shape.tenanted and self._personal(relation, scope) and not shape.unknown:
            return True
        if shape.label in scope.variables.own and any(
            all(scope.mark(relation.key(each)) == f"own {each}" for each in key)
            for key in shape.keys
        ):
            return True
        return not shape.tenanted

    def _view_tied(self, shape: Shape, *, assumed: bool) -> bool:
        """Whether a view keeps to the tenant by itself, or where its tenant_id is the tenant's."""
        from gates.database.owners.keeps import Keeps

        if shape.label in self._viewing:
            return False
        self._viewing.add(shape.label)
        try:
            keeps = Keeps(self)
            keeps.inspect(shape.view, Scope(Variables()), assumed=assumed)
            return not keeps.faults
        finally:
            self._viewing.discard(shape.label)

    def outputs(self, statement: Tree, outer: Scope) -> list[Output]:
        """The columns that a query gives."""
        from gates.database.owners.keeps import changing

        self.step()
        if not is_a(statement, "SelectStmt"):
            scope = changing(self, statement, outer)
            clause: Tree = getattr(statement, "returningClause", None)
            given = clause.exprs if clause else getattr(statement, "returningList", None)
            return self._listed(given or (), scope)
        if statement.larg is not None:
            around = self.with_queries(statement, outer)
            sides = [self.outputs(each, around) for each in (statement.larg, statement.rarg)]
            return [
                (name, mark if mark == other else None)
                for (name, mark), (_, other) in zip(*sides, strict=False)
            ]
        if statement.valuesLists:
            width = zip(*statement.valuesLists, strict=False)
            scope = self.with_queries(statement, outer)
            marks = [scope.mark(self.same(list(each), scope)) for each in width]
            return [(f"column{number}", mark) for number, mark in enumerate(marks, 1)]
        return self._listed(statement.targetList or (), self.enter(statement, outer))

    def row_outputs(self, values: tuple[Tree, ...], scope: Scope) -> list[Output]:
        """What one row of VALUES gives, with `x.*` in it."""
        from pglast import ast

        return self._listed(tuple(ast.ResTarget(val=each) for each in values), scope)

    def _listed(self, targets: Iterator[Tree] | tuple[Tree, ...], scope: Scope) -> list[Output]:
        found: list[Output] = []
        for each in targets:
            names = names_of(each.val)
            if names and names[-1] == "*":
                wanted = names[-2] if len(names) > 1 else None
                for relation in scope.relations:
                    if wanted in {None, relation.alias}:
                        columns = relation.columns or ()
                        found += [(name, scope.mark(relation.key(name))) for name in columns]
                for name in scope.variables.rows.get(wanted or "", ()):
                    found.append((name, scope.mark(("var", wanted, name))))
            else:
                name = each.name or (names[-1] if names else "?column?")
                found.append((name, scope.mark(self.key(each.val, scope))))
        return found
