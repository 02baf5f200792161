"""Which values in an expression are the tenant of the session, and what a condition says of them.
Pure.

An equality ties a column to the session's tenant, also through IN, EXISTS and SQL functions, which
stand for their bodies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

from gates.database.owners.scopes import (
    NOTHING,
    TENANT,
    Key,
    Marks,
    Output,
    Scope,
    Variables,
    names_of,
)
from gates.database.policies.expressions import Meaning
from gates.database.sql.trees import Canon, Tree, bare, call_name, is_a, nodes, operator, plain
from gates.errors import CouldNotCheckError

_STEPS = 200_000
_PLAIN_CASTS = {"uuid", "text", "varchar", "json", "jsonb"}
_AS_JSON = {"to_jsonb", "row_to_json", "to_json"}


class Equalities(ABC):
    """Follows the tenant of the session through expressions."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self._steps = 0

    @abstractmethod
    def enter(self, select: Tree, outer: Scope) -> Scope:
        """The inside of a SELECT."""

    @abstractmethod
    def outputs(self, statement: Tree, outer: Scope) -> list[Output]:
        """The columns that a query gives."""

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

        self.step()
        while is_a(node, "TypeCast") and _keeps_value(node.typeName):
            node = node.arg
        if is_a(node, "ParamRef"):
            return scope.parameter(node.number)
        if names := names_of(node):
            return scope.resolve(names)
        if is_a(node, "CoalesceExpr"):
            return self.same(list(node.args), scope)
        if is_a(node, "CaseExpr"):
            results = [each.result for each in node.args]
            return self.same([*results, *([node.defresult] if node.defresult else [])], scope)
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

    def same(self, choices: list[Tree], scope: Scope) -> Key:
        """What one of several values is, whichever it is."""
        marks = {scope.mark(self.key(each, scope)) for each in choices if not _is_null(each)}
        mark = marks.pop() if len(marks) == 1 else None
        return ("session", mark) if mark in {"tenant", "person", "row"} else NOTHING

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
        inner = Scope(Variables(), caller=scope, bindings=bindings)
        return [(tree, inner) for tree in trees]

    # conditions

    def learned(self, node: Tree, scope: Scope) -> Marks:
        """What is known of values where a condition is true."""
        from pglast import enums

        self.step()
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
        if is_a(node, "A_Expr") and operator(node) == "=" and not self.meaning.shadowed:
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
                found |= self.pair(self.key(one, scope), self.key(other, scope), scope)
            return found
        if node.kind == kinds.AEXPR_IN:
            return self.pair(self.key(left, scope), self.same(list(right), scope), scope)
        if node.kind == kinds.AEXPR_OP_ANY:
            items = right.elements if is_a(right, "A_ArrayExpr") else None
            other = self.same(list(items), scope) if items else NOTHING
            if items is None and is_a(right, "SubLink"):
                other = self.key(right, scope)
            return self.pair(self.key(left, scope), other, scope)
        return {}

    def pair(self, one: Key, other: Key, scope: Scope) -> Marks:
        """What an equality of two values says."""
        found: Marks = {}
        for known, new in ((one, other), (other, one)):
            mark = scope.mark(known)
            if mark is not None and new[0] in {"col", "var"} and scope.mark(new) != "tenant":
                found[new] = mark
        return found

    def _sublink(self, node: Tree, scope: Scope) -> Marks:
        from pglast import enums

        if node.subLinkType == enums.SubLinkType.EXISTS_SUBLINK:
            if not _filters(node.subselect):
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

    def step(self) -> None:
        """Count the work. Raises `CouldNotCheckError` where it is too much."""
        self._steps += 1
        if self._steps > _STEPS:
            raise CouldNotCheckError(
                "the functions with their owner's rights are too long to be followed",
                hint="make them SECURITY INVOKER, or split them",
            )


def _keeps_value(name: Tree) -> bool:
    """Whether a cast leaves an id what it is."""
    names = [each.sval for each in name.names]
    plain_type = names[-1] in _PLAIN_CASTS and names[:-1] in ([], ["pg_catalog"])
    return plain_type and not name.typmods and not name.arrayBounds


def _filters(select: Tree) -> bool:
    """Whether a query gives no row where its conditions do not hold: it has no aggregate."""
    return (
        is_a(select, "SelectStmt")
        and select.larg is None
        and not select.groupClause
        and select.havingClause is None
        and not any(is_a(each, "FuncCall") for each in nodes(select.targetList or ()))
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
