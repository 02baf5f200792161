"""What the conditions of a statement say about its tables: which values are the tenant's. Pure.

Equalities that hold for every row of the answer are followed from the session's tenant to columns:
those of WHERE and of joins, of IN and EXISTS, and of SQL functions, which stand for their bodies.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from gates.database.isolation.expressions import Meaning
from gates.database.isolation.scopes import (
    NOTHING,
    TENANT,
    Key,
    Marks,
    Output,
    Relation,
    Scope,
    Shape,
    Variables,
    names_of,
)
from gates.database.sql.quoting import UNKNOWN
from gates.database.sql.trees import Canon, Tree, bare, call_name, is_a, nodes, operator, plain
from gates.errors import CouldNotCheckError

_STEPS = 200_000
_AS_JSON = {"to_jsonb", "row_to_json", "to_json"}
Condition = tuple[Tree, frozenset[int] | None]
"""An expression that holds, and the relations that it may say something about (None: all)."""


class Ties:
    """Follows the tenant of the session through statements."""

    def __init__(self, meaning: Meaning, shapes: dict[tuple[str, str], Shape]) -> None:
        self.meaning = meaning
        self.shapes = shapes
        self._steps = 0
        self._viewing: set[str] = set()

    @cached_property
    def _session(self) -> dict[Canon, str]:
        """Canonical expressions for the session's tenant, organization and user."""
        text = self.meaning.tenant
        found = {self._canon(text): "tenant"}
        for each in ("auth.uid()", "auth.organization_id()"):
            found.setdefault(self._canon(each), "person")
        for claim in ("sub", "organization_id", "user_id"):
            if "tenant_id" in text:
                found.setdefault(self._canon(text.replace("tenant_id", claim)), "person")
        return found

    def _canon(self, text: str) -> Canon:
        return self.meaning.canon(self.meaning.parse(text), {})

    # values

    def key(self, node: Tree, scope: Scope) -> Key:
        """What a value is, by name or by meaning."""
        from pglast import enums

        self._step()
        while is_a(node, "TypeCast") and not node.typeName.arrayBounds:
            node = node.arg
        if is_a(node, "ParamRef"):
            return scope.parameter(node.number)
        if names := names_of(node):
            return scope.resolve(names)
        if is_a(node, "CoalesceExpr"):
            return self._same(list(node.args), scope)
        if is_a(node, "CaseExpr"):
            results = [each.result for each in node.args]
            return self._same([*results, *([node.defresult] if node.defresult else [])], scope)
        if is_a(node, "SubLink"):
            if node.subLinkType not in {
                enums.SubLinkType.EXPR_SUBLINK, enums.SubLinkType.ARRAY_SUBLINK
            }:  # fmt: skip
                return NOTHING
            if bare(node.subselect):
                return self.key(node.subselect.targetList[0].val, scope)
            outputs = self.outputs(node.subselect, scope)
            return ("session", outputs[0][1]) if outputs and outputs[0][1] else NOTHING
        if is_a(node, "FuncCall"):
            return self._call(node, scope)
        if is_a(node, "A_Expr"):
            return self._operation(node, scope)
        return NOTHING

    def _same(self, choices: list[Tree], scope: Scope) -> Key:
        marks = {scope.mark(self.key(each, scope)) for each in choices if not _is_null(each)}
        mark = marks.pop() if len(marks) == 1 else None
        return ("session", mark) if mark in {"tenant", "person"} else NOTHING

    def _call(self, node: Tree, scope: Scope) -> Key:
        name = call_name(node)
        if name in _AS_JSON and node.args and (names := names_of(node.args[0])):
            return ("row", names[0]) if len(names) == 1 else NOTHING
        if (mark := self._of_session(node)) is not None:
            return ("session", mark)
        found = {
            inner.mark(self.key(body, inner)) for body, inner in self._bodies(node, scope) or ()
        }
        mark = found.pop() if len(found) == 1 else None
        return ("session", mark) if mark else NOTHING

    def _operation(self, node: Tree, scope: Scope) -> Key:
        from pglast import enums

        of_json = operator(node) in {"->>", "->"} and is_a(node.rexpr, "A_Const")
        if of_json and scope.mark(self.key(node.lexpr, scope)) == "row":
            return ("session", "tenant") if plain(node.rexpr.val) == TENANT else NOTHING
        if node.kind == enums.A_Expr_Kind.AEXPR_NULLIF:
            return self.key(node.lexpr, scope)
        mark = self._of_session(node)
        return ("session", mark) if mark is not None else NOTHING

    def _of_session(self, node: Tree) -> str | None:
        if any(is_a(each, "ColumnRef") or is_a(each, "ParamRef") for each in nodes(node)):
            return None
        return self._session.get(self.meaning.canon(node, {}))

    def _bodies(self, node: Tree, scope: Scope) -> list[tuple[Tree, Scope]] | None:
        """The expressions that a call may stand for, each with its arguments."""
        if (one := self.meaning.inlined(node, {})) is not None:
            trees = [one[0]]
        elif (several := self.meaning.answered(node, {})) is not None:
            trees = [each for each, _ in several]
        else:
            return None
        given = [self.key(each, scope) for each in node.args or ()]
        bindings = {f"${number}": each for number, each in enumerate(given, 1)}
        function = self.meaning.functions[call_name(node)]
        bindings |= dict(zip(function.arguments, given, strict=False))
        inner = Scope(scope.variables, caller=scope, bindings=bindings)
        return [(tree, inner) for tree in trees]

    # conditions

    def learned(self, node: Tree, scope: Scope) -> Marks:
        """What is known of values where a condition is true."""
        from pglast import enums

        self._step()
        if is_a(node, "TypeCast") or (is_a(node, "BooleanTest") and node.booltesttype == 0):
            return self.learned(node.arg, scope)
        if is_a(node, "BoolExpr"):
            if node.boolop == enums.BoolExprType.NOT_EXPR:
                return {}
            parts = [self.learned(each, scope) for each in node.args if not _is_false(each)]
            if node.boolop == enums.BoolExprType.AND_EXPR:
                return {key: mark for part in parts for key, mark in part.items()}
            return _shared(parts)
        if is_a(node, "FuncCall"):
            if (bodies := self._bodies(node, scope)) is not None:
                return _shared([self.learned(*each) for each in bodies if not _is_false(each[0])])
            function = self.meaning.functions.get(call_name(node))
            if function is not None and function.platform:
                keys = [self.key(each, scope) for each in node.args or ()]
                return {key: "tenant" for key in keys if key[0] == "col" and key[-1] == TENANT}
            return {}
        if is_a(node, "SubLink"):
            return self._sublink(node, scope)
        if is_a(node, "A_Expr") and operator(node) == "=":
            return self._equality(node, scope)
        return {}

    def _equality(self, node: Tree, scope: Scope) -> Marks:
        from pglast import enums

        kinds = enums.A_Expr_Kind
        left, right = node.lexpr, node.rexpr
        if node.kind == kinds.AEXPR_OP:
            if is_a(left, "RowExpr") and is_a(right, "RowExpr"):
                pairs = list(zip(left.args, right.args, strict=False))
            else:
                pairs = [(left, right)]
            found: Marks = {}
            for one, other in pairs:
                found |= self._pair(self.key(one, scope), self.key(other, scope), scope)
            return found
        if node.kind == kinds.AEXPR_IN:
            return self._pair(self.key(left, scope), self._same(list(right), scope), scope)
        if node.kind == kinds.AEXPR_OP_ANY:
            items = right.elements if is_a(right, "A_ArrayExpr") else None
            other = self._same(list(items), scope) if items else NOTHING
            if items is None and is_a(right, "SubLink"):
                other = self.key(right, scope)
            return self._pair(self.key(left, scope), other, scope)
        return {}

    def _pair(self, one: Key, other: Key, scope: Scope) -> Marks:
        found: Marks = {}
        for known, new in ((one, other), (other, one)):
            mark = scope.mark(known)
            if mark is not None and new[0] in {"col", "var"} and scope.mark(new) != "tenant":
                found[new] = mark
        return found

    def _sublink(self, node: Tree, scope: Scope) -> Marks:
        from pglast import enums

        if node.subLinkType == enums.SubLinkType.EXISTS_SUBLINK:
            if not is_a(node.subselect, "SelectStmt") or node.subselect.larg is not None:
                return {}
            inner = self.enter(node.subselect, scope)
            own = {each.number for each in inner.relations}
            return {key: mark for key, mark in inner.marks.items() if key[1] not in own}
        if node.subLinkType == enums.SubLinkType.EXPR_SUBLINK and bare(node.subselect):
            return self.learned(node.subselect.targetList[0].val, scope)
        if node.subLinkType == enums.SubLinkType.ANY_SUBLINK and not node.operName:
            tested = node.testexpr.args if is_a(node.testexpr, "RowExpr") else (node.testexpr,)
            found: Marks = {}
            for each, (_, mark) in zip(tested, self.outputs(node.subselect, scope), strict=False):
                key = self.key(each, scope)
                if mark in {"tenant", "person"} and key[0] == "col":
                    found[key] = mark
            return found
        return {}

    # queries

    def enter(self, select: Tree, outer: Scope) -> Scope:
        """The inside of a SELECT: its relations and what its conditions say."""
        scope = self.with_queries(select, outer)
        conditions: list[Condition] = []
        for item in select.fromClause or ():
            self.add(item, scope, conditions)
        if select.whereClause is not None:
            conditions.append((select.whereClause, None))
        self.settle(scope, conditions)
        return scope

    def with_queries(self, statement: Tree, outer: Scope) -> Scope:
        """A scope that knows the WITH queries of a statement."""
        scope = Scope(outer.variables, outer)
        clause: Tree = getattr(statement, "withClause", None)
        for query in clause.ctes if clause else ():
            inner = query.ctequery
            if clause.recursive and is_a(inner, "SelectStmt") and inner.larg is not None:
                # What its first part gives, if the second part keeps it so.
                scope.queries[query.ctename] = self.outputs(inner.larg, scope)
            else:
                scope.queries.setdefault(query.ctename, [])
            outputs = self.outputs(inner, scope)
            for number, each in enumerate(query.aliascolnames or ()):
                if number < len(outputs):
                    outputs[number] = (each.sval, outputs[number][1])
            scope.queries[query.ctename] = outputs
        return scope

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
                    found |= self._pair(one.key(name), other.key(name), scope)
        return found

    def _personal(self, relation: Relation, scope: Scope) -> bool:
        return any(scope.mark(relation.key(each)) == "person" for each in relation.columns or ())

    def tied(self, relation: Relation, scope: Scope) -> bool:
        """Whether a relation gives rows of the session's tenant alone."""
        shape = relation.shape
        if shape is None or scope.mark(relation.key(TENANT)) == "tenant":
            return True
        if shape.tenanted and self._personal(relation, scope) and not shape.unknown:
            return True
        if shape.label in scope.variables.own and any(
            all(scope.mark(relation.key(each)) == f"own {each}" for each in key)
            for key in shape.keys
        ):
            return True
        return not shape.tenanted if shape.view is None else self._view_tied(shape)

    def _view_tied(self, shape: Shape) -> bool:
        from gates.database.isolation.keeps import Keeps

        if shape.label in self._viewing:
            return False
        self._viewing.add(shape.label)
        try:
            keeps = Keeps(self)
            keeps.inspect(shape.view, Scope(Variables()))
            return not keeps.faults
        finally:
            self._viewing.discard(shape.label)

    def outputs(self, statement: Tree, outer: Scope) -> list[Output]:
        """The columns that a query gives."""
        from gates.database.isolation.keeps import changing

        self._step()
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
            marks = [scope.mark(self._same(list(each), scope)) for each in width]
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

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS:
            raise CouldNotCheckError(
                "the functions with their owner's rights are too long to be followed",
                hint="make them SECURITY INVOKER, or split them",
            )


def _shared(parts: list[Marks]) -> Marks:
    """What is known whichever of the parts holds."""
    if not parts:
        return {}
    first, *rest = parts
    return {key: mark for key, mark in first.items() if all(r.get(key) == mark for r in rest)}


def _is_null(node: Tree) -> bool:
    while is_a(node, "TypeCast"):
        node = node.arg
    return is_a(node, "A_Const") and bool(node.isnull)


def _is_false(node: Tree) -> bool:
    return _is_null(node) or (is_a(node, "A_Const") and plain(node.val) is False)
