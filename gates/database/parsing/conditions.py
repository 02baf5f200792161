"""Which rows the statements of a script are about, as conditions that a row can be made to meet.

Taken from the parse tree: what stands after WHERE, ON and WHEN of a statement that changes rows,
and that its SET changes a value; the branches of OR and CASE one by one; and the contrary of a new
CHECK rule. Nothing is read for its meaning: the server finds rows and says what a statement met.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from gates.database.parsing.script import Script
from gates.database.parsing.statements import Inner, statements_of
from gates.database.parsing.trees import Tree, column_of, columns_in, is_equality, text_of, walk
from gates.records import dataclass

_DATA = frozenset({"UpdateStmt", "DeleteStmt", "MergeStmt"})


@dataclass(frozen=True)
class Relation:
    """A table that a statement names: schema ("" for none), name, and what conditions call it."""

    schema: str
    name: str
    alias: str


@dataclass(frozen=True)
class Part:
    """A condition that is one of several, and the columns that it names: (alias or "", name)."""

    text: str
    columns: frozenset[tuple[str, str]]
    equal: tuple[tuple[str, str], ...] = ()
    """The two columns of a plain comparison of columns."""
    whole: bool = True
    """Whether it asks for nothing but the columns that it names: no subquery."""


@dataclass(frozen=True)
class Wanted:
    """Rows that a statement is about: the first relation's, and those that it is joined with."""

    inner: Inner
    relations: tuple[Relation, ...]
    parts: tuple[Part, ...]
    changes: Part | None = None
    """That the statement changes such a row."""
    violates: bool = False
    """It is a row that a new rule refuses, and not one that a statement changes."""


def changing(scripts: Iterable[Script]) -> Iterator[Inner]:
    """The statements of scripts that change or take out rows, where they run at once."""
    for script in scripts:
        for inner in statements_of(script):
            if inner.at_once and not inner.part and inner.statement.kind in _DATA:
                yield inner


@lru_cache(maxsize=512)
def wanted_of(script: Script) -> tuple[Wanted, ...]:
    """What rows the statements of one script are about, in order."""
    found: list[Wanted] = []
    for inner in statements_of(script):
        if inner.at_once and not inner.part:
            found += _of_statement(inner)
    return tuple(found)


def _of_statement(inner: Inner) -> Iterator[Wanted]:
    from pglast import parse_sql
    from pglast.parser import ParseError

    if inner.statement.kind not in {*_DATA, "AlterTableStmt", "InsertStmt", "SelectStmt"}:
        return
    try:
        (raw,) = parse_sql(inner.statement.text)
    except (ParseError, ValueError, RecursionError):
        return
    for node in walk(raw.stmt):
        kind = type(node).__name__
        if kind in {"UpdateStmt", "DeleteStmt", "MergeStmt"}:
            yield from of_change(inner, node, kind)
        elif kind == "AlterTableStmt":
            yield from _of_alter(inner, node)
        elif kind == "InsertStmt" and type(node.selectStmt).__name__ == "SelectStmt":
            select = node.selectStmt
            relations, parts = joined(select.fromClause)
            if relations:
                yield from branches(inner, relations, parts, select.whereClause)


def of_change(inner: Inner, node: Tree, kind: str) -> Iterator[Wanted]:
    """What rows an UPDATE, DELETE or MERGE is about."""
    relations = [_relation(node.relation)]
    parts: list[Part] = []
    changes = None
    cases: list[Tree] = []
    if kind == "MergeStmt":
        more, parts = joined([node.sourceRelation])
        parts += conjuncts(node.joinCondition)
        relations += more
        for when in node.mergeWhenClauses or ():
            if "NOT_MATCHED" not in when.matchKind.name:
                yield from branches(inner, relations, parts, when.condition)
        return
    more, parts = joined(node.fromClause if kind == "UpdateStmt" else node.usingClause)
    relations += more
    if kind == "UpdateStmt":
        changes = _changes(node.targetList, relations[0].alias)
        cases = [each for each in walk(node.targetList) if type(each).__name__ == "CaseExpr"]
    yield from branches(inner, relations, parts, node.whereClause, changes)
    for case in cases:
        for condition in _whens(case):
            given = [*parts, *conjuncts(node.whereClause), _part(condition)]
            yield Wanted(inner, tuple(relations), tuple(given), changes)


def _of_alter(inner: Inner, node: Tree) -> Iterator[Wanted]:
    relation = _relation(node.relation)
    for command in node.cmds or ():
        made: Tree = getattr(command, "def_", None)
        kind = command.subtype.name
        using = getattr(made, "raw_default", None)
        if "AlterColumnType" in kind and using is not None:
            for case in (each for each in walk(using) if type(each).__name__ == "CaseExpr"):
                for condition in _whens(case):
                    yield Wanted(inner, (relation,), (_part(condition),))
        if "AddConstraint" in kind and getattr(made, "raw_expr", None) is not None:
            text = f"NOT ({text_of(made.raw_expr)})"
            part = Part(text, columns_in(made.raw_expr), whole=_is_whole(made.raw_expr))
            yield Wanted(inner, (relation,), (part,), violates=True)


def branches(
    inner: Inner,
    relations: Sequence[Relation],
    parts: Sequence[Part],
    where: Tree,
    changes: Part | None = None,
) -> Iterator[Wanted]:
    """What rows a condition is about: for one of several with OR, each of them."""
    branches = [where]
    if type(where).__name__ == "BoolExpr" and where.boolop.name == "OR_EXPR":
        branches = list(where.args)
    for branch in branches:
        yield Wanted(inner, tuple(relations), (*parts, *conjuncts(branch)), changes)


def _changes(targets: Tree, alias: str) -> Part | None:
    """That one of the values of SET is another than the column has."""
    texts, columns = [], set()
    for target in targets or ():
        value = target.val
        if value is None or target.indirection or type(value).__name__ in {
            "MultiAssignRef", "SetToDefault",
        }:  # fmt: skip
            continue
        name = _quoted(target.name)
        texts.append(f"({text_of(value)}) IS DISTINCT FROM {name}")
        columns |= {*columns_in(value), (alias, target.name)}
    if not texts:
        return None
    return Part(" OR ".join(texts), frozenset(columns))


def _whens(case: Tree) -> Iterator[Tree]:
    from pglast import ast, enums

    for when in case.args or ():
        if case.arg is None:
            yield when.expr
        else:
            yield ast.A_Expr(
                kind=enums.A_Expr_Kind.AEXPR_OP, name=(ast.String(sval="="),), lexpr=case.arg,
                rexpr=when.expr,
            )  # fmt: skip


def joined(items: Tree) -> tuple[list[Relation], list[Part]]:
    """The tables of a FROM clause, and the conditions of its joins."""
    relations: list[Relation] = []
    parts: list[Part] = []
    for item in items or ():
        kind = type(item).__name__
        if kind == "RangeVar":
            relations.append(_relation(item))
        elif kind == "JoinExpr":
            for side in (item.larg, item.rarg):
                more, given = joined([side])
                relations, parts = relations + more, parts + given
            parts += conjuncts(item.quals)
    return relations, parts


def conjuncts(node: Tree) -> list[Part]:
    """The conditions that an expression joins by AND."""
    if node is None:
        return []
    if type(node).__name__ == "BoolExpr" and node.boolop.name == "AND_EXPR":
        return [part for each in node.args for part in conjuncts(each)]
    return [_part(node), *_to_be_compared(node)]


def _to_be_compared(node: Tree) -> Iterator[Part]:
    """That there is something to compare on either side of an equality, where a side is no plain
    column: a key of a document, say."""
    if not is_equality(node):
        return
    sides = [(each, columns_in(each)) for each in (node.lexpr, node.rexpr)]
    if all(columns for _, columns in sides):
        for side, columns in sides:
            if column_of(side) is None and _is_whole(side):
                yield Part(f"({text_of(side)}) IS NOT NULL", columns)


def _part(node: Tree) -> Part:
    equal: tuple[tuple[str, str], ...] = ()
    if is_equality(node):
        sides = [column_of(side) for side in (node.lexpr, node.rexpr)]
        if all(each is not None for each in sides):
            equal = tuple(each for each in sides if each is not None)
    return Part(text_of(node), columns_in(node), equal, _is_whole(node))


def _is_whole(node: Tree) -> bool:
    return not any(type(each).__name__ == "SubLink" for each in walk(node))


def _relation(node: Tree) -> Relation:
    alias = node.alias.aliasname if node.alias is not None else node.relname
    return Relation(node.schemaname or "", node.relname, alias)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
