"""Policy expressions by their meaning: what is the platform's comparison, what ties a row to the
session, and what is left loose. Pure, on PostgreSQL's own parse tree.

An expression is canonical without what does not change it: casts between uuid, text and JSON, the
side of an equality, scalar subqueries without FROM, `nullif(x, '')`, and SQL functions, which are
replaced by their bodies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gates.database.policies.returns import answers
from gates.database.sql.trees import (
    UUID,
    Canon,
    Env,
    Tree,
    bare,
    call_name,
    equality,
    has_column,
    is_a,
    join_conditions,
    names_row,
    only_expression,
    operator,
    parts_of,
    plain,
    selects,
)
from gates.errors import CouldNotCheckError

Loose = tuple[Tree, Env]
"""A part of an expression that no tenant holds, with the arguments around it."""

_IDENTITY = {"sub", "organization_id"}
"""Claims, besides the tenant's, that belong to one person or organisation."""
_STEPS = 400_000
"""Nodes that are looked at for one module, before its policies count as beyond following."""
_PLAIN_CASTS = {"uuid", "text", "json", "jsonb", "varchar", "bool"}
_MEMBER = {"=", "?", "@>", "<@"}


def _names(canon: Canon) -> set[str]:
    """The texts that are written in an expression: the names of claims."""
    return {str(each[1]) for each in parts_of(canon) if each[:1] == ("const",)}


@dataclass(frozen=True)
class Function:
    """A function that policies may call."""

    name: str
    """With its schema, "" for one of PostgreSQL's own is never listed."""
    language: str
    arguments: tuple[str, ...]
    body: str
    platform: bool
    """It is the platform's own, which is trusted."""
    forms: tuple[tuple[str, str], ...] = ()
    """Language and body of each function of the name, where there are several."""


@dataclass
class Meaning:
    """What expressions of one database and one platform mean."""

    functions: Mapping[str, Function]
    tenant: str
    """The platform's expression for the tenant of a session."""
    shadowed: bool = False
    """Whether somebody made operators or functions with names of PostgreSQL's own."""
    depends: dict[str, list[str]] = field(default_factory=dict)
    """What the bodies of functions depend on, as far as it was asked; by name."""
    _steps: int = 0
    _inlined: dict[str, Any] = field(default_factory=dict)
    _answers: dict[str, list[str] | None] = field(default_factory=dict)
    _parsed: dict[str, Any] = field(default_factory=dict)

    def parse(self, expression: str) -> Tree:
        """The tree of an expression; None where it does not parse."""
        from pglast import parse_sql
        from pglast.parser import ParseError

        if expression not in self._parsed:
            try:
                tree: Tree = parse_sql(f"SELECT {expression}")[0].stmt
                self._parsed[expression] = tree.targetList[0].val
            except (ParseError, TypeError, AttributeError, IndexError):
                self._parsed[expression] = None
        return self._parsed[expression]

    @cached_property
    def comparison(self) -> Canon:
        """`tenant_id = <tenant of the session>`, canonical."""
        return equality(("column", "tenant_id"), self._tenant)

    @cached_property
    def _tenant(self) -> Canon:
        return self.canon(self.parse(self.tenant), {})

    @cached_property
    def _of_session(self) -> frozenset[Canon]:
        return frozenset(parts_of(self._tenant))

    def inlined(self, node: Tree, env: Env) -> tuple[Tree, Env] | None:
        """The expression that a call of an SQL function stands for, with its arguments."""
        if not is_a(node, "FuncCall"):
            return None
        name = call_name(node)
        function = self.functions.get(name)
        if function is None or function.language != "sql" or self.shadowed:
            return None
        if name not in self._inlined:
            self._inlined[name] = only_expression(function.body)
        body = self._inlined[name]
        if body is None:
            return None
        given = [self.canon(each, env) for each in node.args or ()]
        inner = {f"${number}": each for number, each in enumerate(given, 1)}
        inner |= dict(zip(function.arguments, given, strict=False))
        return body, inner

    def answered(self, node: Tree, env: Env) -> list[Loose] | None:
        """The expressions that a call of a PL/pgSQL function may return, with its arguments; None
        for one that does more than choose between them."""
        function = self.functions.get(call_name(node)) if is_a(node, "FuncCall") else None
        if function is None or function.language != "plpgsql" or function.forms or self.shadowed:
            return None
        if function.name not in self._answers:
            self._answers[function.name] = answers(function.body, function.arguments)
        found = self._answers[function.name]
        trees = None if found is None else [self.parse(each) for each in found]
        if trees is None or any(tree is None for tree in trees):
            return None
        given = [self.canon(each, env) for each in node.args or ()]
        inner = {f"${number}": each for number, each in enumerate(given, 1)}
        inner |= dict(zip(function.arguments, given, strict=False))
        return [(tree, inner) for tree in trees]

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS:
            raise CouldNotCheckError(
                "the policies call functions that call one another too often to be followed",
                hint="write the comparison of the tenant into the policies themselves",
            )

    def canon(self, node: Tree, env: Env, depth: int = 0) -> Canon:
        """The canonical form. Raises `CouldNotCheckError` where it is beyond following."""
        from pglast import enums

        self._step()

        def inner(each: Tree) -> Canon:
            return self.canon(each, env, depth + 1)

        if depth > 60:
            return ("deep",)
        if is_a(node, "TypeCast"):
            name = [each.sval for each in node.typeName.names][-1]
            if name in _PLAIN_CASTS and not node.typeName.typmods and not node.typeName.arrayBounds:
                return inner(node.arg)
        if is_a(node, "SubLink"):
            select = node.subselect
            scalar = node.subLinkType == enums.SubLinkType.EXPR_SUBLINK
            if scalar and is_a(select, "SelectStmt") and bare(select):
                return inner(select.targetList[0].val)
        if is_a(node, "ParamRef"):
            return env.get(f"${node.number}", ("param", node.number))
        if is_a(node, "ColumnRef"):
            names = [getattr(each, "sval", "*") for each in node.fields]
            return env.get(names[-1], ("column", names[-1]))
        if is_a(node, "A_Const"):
            return ("const", None if node.isnull else plain(node.val))
        if is_a(node, "A_Expr"):
            if node.kind == enums.A_Expr_Kind.AEXPR_NULLIF:
                if inner(node.rexpr) == ("const", ""):
                    return inner(node.lexpr)
            elif operator(node) == "=" and node.kind == enums.A_Expr_Kind.AEXPR_OP:
                return equality(inner(node.lexpr), inner(node.rexpr))
        if is_a(node, "FuncCall"):
            if (expanded := self.inlined(node, env)) is not None:
                return self.canon(expanded[0], expanded[1], depth + 1)
            name, arguments = call_name(node), tuple(inner(each) for each in node.args or ())
            if name == "current_setting" and arguments and arguments[0][0] == "const":
                return ("setting", str(arguments[0][1]).lower())
            return ("call", name, *arguments)
        if type(node).__module__ == "pglast.ast":
            parts = ((each, getattr(node, each)) for each in node if each != "location")
            return (type(node).__name__, *((key, inner(each)) for key, each in parts if each))
        if isinstance(node, tuple):
            return tuple(inner(each) for each in node)
        return ("value", str(node))

    def of_session(self, canon: Canon) -> bool:
        """Whether something comes from who the session is: a setting, or the platform's function
        without arguments of a row."""
        if canon[:1] == ("setting",):
            return canon in self._of_session
        if canon[:1] == ("call",) and (function := self.functions.get(canon[1])) is not None:
            return function.platform
        return any(isinstance(each, tuple) and self.of_session(each) for each in canon)

    def loose(self, node: Tree, env: Env, table: str, *, inside: bool = False) -> list[Loose]:
        """The parts that can make the expression true for rows which nothing ties to the session.

        Empty for what is at least as strict as a tie to the session. `table` is the name by which
        subqueries refer to the row; `inside` says that the expression belongs to a subquery.
        """
        from pglast import enums

        self._step()

        def inner(each: Tree, around: Env = env) -> list[Loose]:
            return self.loose(each, around, table, inside=inside)

        if is_a(node, "BoolExpr") and node.boolop != enums.BoolExprType.NOT_EXPR:
            parts = [inner(each) for each in node.args]
            if node.boolop == enums.BoolExprType.AND_EXPR and any(not each for each in parts):
                return []
            return [each for part in parts for each in part]
        if is_a(node, "CaseExpr"):
            results = [each.result for each in node.args]
            if node.defresult is not None:
                results.append(node.defresult)
            return [each for result in results for each in inner(result)]
        if is_a(node, "CoalesceExpr"):
            return [each for part in node.args for each in inner(part)]
        if is_a(node, "BooleanTest") and node.booltesttype == 0:
            return inner(node.arg)
        if is_a(node, "TypeCast"):
            return inner(node.arg)
        if (expanded := self.inlined(node, env)) is not None:
            return inner(*expanded)
        if (given := self.answered(node, env)) is not None:
            return [(node, env)] if any(inner(*each) for each in given) else []
        if is_a(node, "A_Const") and (node.isnull or plain(node.val) is False):
            return []
        return [] if self._tied(node, env, table, inside=inside) else [(node, env)]

    def _tied(self, node: Tree, env: Env, table: str, *, inside: bool) -> bool:
        from pglast import enums

        canon = self.canon(node, env)
        if canon == self.comparison:
            return True
        if is_a(node, "SubLink"):
            kind = node.subLinkType
            if kind == enums.SubLinkType.EXISTS_SUBLINK:
                return self._select_tied(node.subselect, env, table, linked=True)
            if kind == enums.SubLinkType.EXPR_SUBLINK and bare(node.subselect):
                return not self.loose(node.subselect.targetList[0].val, env, table, inside=inside)
            in_list = kind == enums.SubLinkType.ANY_SUBLINK and not node.operName
            column = in_list and has_column(self.canon(node.testexpr, env))
            return bool(column) and self._select_tied(node.subselect, env, table, linked=False)
        if is_a(node, "A_Expr") and operator(node) in _MEMBER:
            sides = [node.lexpr, node.rexpr]
            canons = [self.canon(each, env) for each in sides]
            for side, mine, other in ((0, canons[1], canons[0]), (1, canons[0], canons[1])):
                if not has_column(mine) or has_column(other, own=True):
                    continue
                node_of, around = self._opened(sides[side], env)
                queries = list(selects(node_of))
                if not queries and self._identity(mine, other, inside=inside):
                    return True
                if queries and all(
                    self._select_tied(each, around, table, linked=False) for each in queries
                ):
                    return True
        if is_a(node, "FuncCall"):
            function = self.functions.get(call_name(node))
            return function is not None and function.platform and has_column(canon)
        if is_a(node, "NullTest"):
            return False
        return False

    def _identity(self, mine: Canon, other: Canon, *, inside: bool) -> bool:
        """Whether a column is compared with who the session is: its tenant, organisation or person,
        and not with what many sessions share, such as a role.

        The tenant of the session holds a row by its tenant_id alone: a row that names it in
        another column belongs to another tenant all the same.
        """
        if not self.of_session(other) or not self._only_session(other):
            return False
        if other == self._tenant or "tenant_id" in _names(other):
            return inside or ("column", "tenant_id") in tuple(parts_of(mine))
        if other[:1] == ("call",):
            return str(other[1]).rpartition(".")[2] in {"uid", "user_id"}
        return bool(_IDENTITY & _names(other))

    def _opened(self, node: Tree, env: Env) -> tuple[Tree, Env]:
        """Without casts, and with the body in place of a call."""
        while is_a(node, "TypeCast"):
            node = node.arg
        return self.inlined(node, env) or (node, env)

    def _only_session(self, canon: Canon) -> bool:
        """Whether a value is the session's alone: no id written down, no choice, no clock."""
        if canon[:1] in {("CaseExpr",), ("CoalesceExpr",), ("SQLValueFunction",)}:
            return False
        if canon[:1] == ("call",):
            function = self.functions.get(canon[1])
            return function is not None and function.platform
        if canon[:1] == ("const",) and UUID.match(str(canon[1])):
            return False
        return all(self._only_session(each) for each in canon if isinstance(each, tuple))

    def _select_tied(self, select: Tree, env: Env, table: str, *, linked: bool) -> bool:
        """Whether a subquery gives rows only for who the session is (and for the outer row)."""
        if not is_a(select, "SelectStmt"):
            return False
        if select.larg is not None:
            sides = (select.larg, select.rarg)
            return all(self._select_tied(each, env, table, linked=linked) for each in sides)
        conditions = [
            *([select.whereClause] if select.whereClause else []),
            *join_conditions(select),
        ]
        tied = any(not self.loose(each, env, table, inside=True) for each in conditions)
        return tied and (not linked or any(names_row(each, table, env) for each in conditions))
