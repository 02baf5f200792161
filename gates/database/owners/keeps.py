"""Whether statements keep to the rows of the session's tenant. Pure.

Every table with a tenant_id that a statement reads or changes, in whatever part of it, must be tied
to the session's tenant; every row that it adds must be that tenant's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gates.database.owners.scopes import (
    TENANT,
    Output,
    Relation,
    Scope,
    is_statement,
    names_of,
    queries_in,
)
from gates.database.sql.trees import Tree, is_a, shown

if TYPE_CHECKING:
    from gates.database.owners.ties import Ties

_LONGEST = 160


class Keeps:
    """Looks at statements, and collects what is wrong with them."""

    def __init__(self, ties: Ties) -> None:
        self.ties = ties
        self.faults: list[str] = []
        """One text for each statement and table: "SELECT .. (table public.x)"."""
        self.changed: set[str] = set()
        """The labels of tables that statements change."""

    def inspect(self, statement: Tree, outer: Scope, *, assumed: bool = False) -> None:
        """Look at a statement and at all inside it; `assumed` as in `Ties.enter`."""
        if is_a(statement, "SelectStmt"):
            if statement.larg is not None:
                around = self.ties.with_queries(statement, outer)
                self._bodies(around)
                for each in (statement.larg, statement.rarg):
                    self.inspect(each, around, assumed=assumed)
                return
            scope = self.ties.enter(statement, outer, assumed=assumed)
            self._all_tied(statement, scope)
        elif is_statement(statement):
            scope = changing(self.ties, statement, outer)
            self._changes(statement, scope)
        else:
            scope = outer
            if is_a(statement, "TruncateStmt"):
                for each in statement.relations:
                    relation = self.ties.relation(each, outer)
                    if relation.shape is not None and relation.shape.tenanted:
                        self._fault(statement, relation)
        if scope is not outer:
            self._bodies(scope)
        self._inside(statement, scope)

    def _bodies(self, scope: Scope) -> None:
        for body, around in scope.bodies:
            self.inspect(body, around)

    def _inside(self, node: Tree, scope: Scope) -> None:
        for each in queries_in(node):
            self.inspect(each, scope)

    def _all_tied(
        self, statement: Tree, scope: Scope, *, leave_out: Relation | None = None
    ) -> None:
        for relation in scope.relations:
            if relation is not leave_out and not self.ties.tied(relation, scope):
                self._fault(statement, relation)

    def _fault(self, statement: Tree, relation: Relation) -> None:
        text = " ".join(shown(statement).split())
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]} ..."
        label = relation.shape.label if relation.shape is not None else relation.alias
        self.faults.append(f"{text} ({label})")

    def _changes(self, statement: Tree, scope: Scope) -> None:
        target = scope.relations[0]
        if target.shape is not None:
            self.changed.add(target.shape.label)
        if is_a(statement, "InsertStmt"):
            self._inserts(statement, scope, target)
            return
        if is_a(statement, "DeleteStmt") and is_a(statement.whereClause, "CurrentOfExpr"):
            return  # the cursor's query is looked at where it is opened
        current = is_a(statement, "UpdateStmt") and is_a(statement.whereClause, "CurrentOfExpr")
        self._all_tied(statement, scope, leave_out=target if current else None)
        if is_a(statement, "UpdateStmt") and not self._sets_tenant(statement.targetList, scope):
            self._fault(statement, target)
        if is_a(statement, "MergeStmt") and not all(
            self._clause_keeps(each, target, scope) for each in statement.mergeWhenClauses
        ):
            self._fault(statement, target)

    def _sets_tenant(self, targets: Sequence[Tree] | None, scope: Scope) -> bool:
        """Whether tenant_id stays the tenant's where it is set."""
        return all(
            scope.mark(self.ties.key(each.val, scope)) == "tenant"
            for each in targets or ()
            if each.name == TENANT
        )

    def _clause_keeps(self, clause: Tree, target: Relation, scope: Scope) -> bool:
        from pglast import enums

        if clause.matchKind == enums.MergeMatchKind.MERGE_WHEN_NOT_MATCHED_BY_SOURCE:
            return bool(clause.commandType == enums.CmdType.CMD_NOTHING)
        if clause.commandType == enums.CmdType.CMD_UPDATE:
            return self._sets_tenant(clause.targetList, scope)
        if clause.commandType == enums.CmdType.CMD_INSERT:
            names = [each.name for each in clause.targetList or ()]
            marks = [scope.mark(self.ties.key(each, scope)) for each in clause.values or ()]
            return self._adds(names, list(clause.values or ()), marks, target, scope)
        return True

    def _inserts(self, statement: Tree, scope: Scope, target: Relation) -> None:
        names = [each.name for each in statement.cols or ()]
        outputs: list[Output] = []
        values: list[Tree] = []
        query = statement.selectStmt
        if query is not None:
            outer = scope.outer or scope
            inner = Scope(outer.variables, outer, queries=scope.queries)
            if query.valuesLists and any(
                names_of(each)[-1:] == ["*"] for row in query.valuesLists for each in row
            ):
                outputs = self.ties.row_outputs(query.valuesLists[0], inner)
            else:
                outputs = self.ties.outputs(query, inner)
            if query.valuesLists and len(query.valuesLists) == 1:
                values = list(query.valuesLists[0])
        marks = [mark for _, mark in outputs]
        kept = query is not None and not self._adds(names, values, marks, target, scope)
        if kept or (query is None and not self._default_keeps(target, scope)):
            self._fault(statement, target)
        conflict = statement.onConflictClause
        if conflict is None or not conflict.targetList or target.shape is None:
            return
        if not self._sets_tenant(conflict.targetList, scope) or not (
            self._same_tenant(conflict, target) or self.ties.tied(target, scope)
        ):
            self._fault(statement, target)

    def _same_tenant(self, conflict: Tree, target: Relation) -> bool:
        """Whether the row that is in the way has the same tenant_id, by the key."""
        if target.shape is None or not target.shape.tenanted:
            return True
        infer = conflict.infer
        if infer is None:
            return False
        if infer.conname:
            named = target.shape.named.get(infer.conname, ())
            return TENANT in named
        return any(each.name == TENANT for each in infer.indexElems or ())

    def _adds(
        self,
        names: list[str],
        values: list[Tree],
        marks: list[str | None],
        target: Relation,
        scope: Scope,
    ) -> bool:
        """Whether the rows that are added are the session's tenant's."""
        shape = target.shape
        if shape is None or (not shape.tenanted and shape.view is None):
            return True
        if not shape.tenanted:
            return self.ties.tied(target, scope)
        columns = names or list(shape.columns)
        if TENANT not in columns:
            return self._default_keeps(target, scope) and not shape.unknown
        at = columns.index(TENANT)
        if at < len(values) and is_a(values[at], "SetToDefault"):
            return self._default_keeps(target, scope)
        return at < len(marks) and marks[at] == "tenant"

    def _default_keeps(self, target: Relation, scope: Scope) -> bool:
        """Whether a tenant_id that is not given is the session's, or none at all."""
        default = target.shape.default if target.shape is not None else None
        if default is None:
            return True
        tree = self.ties.meaning.parse(default)
        return tree is not None and scope.mark(self.ties.key(tree, scope)) == "tenant"


def changing(ties: Ties, statement: Tree, outer: Scope) -> Scope:
    """The inside of an INSERT, UPDATE, DELETE or MERGE: its target first, then what it reads."""
    scope = ties.with_queries(statement, outer)
    target = ties.relation(statement.relation, Scope(outer.variables))
    scope.relations.append(target)
    conditions: list[tuple[Tree, frozenset[int] | None]] = []
    if is_a(statement, "InsertStmt"):
        if statement.onConflictClause is not None:
            excluded = Relation("excluded", target.columns)
            scope.marks[excluded.key(TENANT)] = "tenant"  # what is added is looked at by itself
            scope.relations.append(excluded)
            if statement.onConflictClause.whereClause is not None:
                conditions.append((statement.onConflictClause.whereClause, None))
    elif is_a(statement, "MergeStmt"):
        ties.add(statement.sourceRelation, scope, conditions)
        conditions.append((statement.joinCondition, frozenset({target.number})))
    else:
        items = statement.fromClause if is_a(statement, "UpdateStmt") else statement.usingClause
        for each in items or ():
            ties.add(each, scope, conditions)
        if statement.whereClause is not None and not is_a(statement.whereClause, "CurrentOfExpr"):
            conditions.append((statement.whereClause, None))
    ties.settle(scope, conditions)
    return scope
