"""Whether a trigger function writes to audit_logs whatever the row is. Pure, by its text.

The proof changes rows in many ways and cannot try every value: a function that leaves one title
out is only seen by reading it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gates.database.sql.trees import Tree, is_a, nodes, operator, plain

_WRITTEN, _ENDED, _ON = "written", "ended", "on"


def writes(body: str, command: str) -> bool | None:
    """Whether a PL/pgSQL trigger function surely inserts into audit_logs for "INSERT" or "UPDATE";
    None where its text names no audit_logs. What cannot be read is not sure."""
    from pglast.parser import ParseError, parse_plpgsql_json

    if "audit_logs" not in body:
        return None
    tag = "gates"
    while f"${tag}$" in body:
        tag += "x"
    source = f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ${tag}${body}${tag}$"
    try:
        (function,) = json.loads(parse_plpgsql_json(source))
        ways = _of([function["PLpgSQL_function"]["action"]], command)
    except (ParseError, ValueError, LookupError, RecursionError):
        return False  # what cannot be read is not sure to write
    return ways == {_WRITTEN}


def always(condition: str, command: str) -> bool:
    """Whether the WHEN of a trigger lets every change pass: it asks for the command, or whether the
    row has changed at all."""
    return _truth(_parsed(condition), command) is True


def _of(statements: Iterable[Mapping[str, Any]], command: str) -> set[str]:
    ways = {_ON}
    for each in statements:
        ((kind, content),) = each.items()
        ways = (ways - {_ON}) | _one(kind, content, command)
        if _ON not in ways:
            break
    return ways


def _one(kind: str, content: Mapping[str, Any], command: str) -> set[str]:
    if kind == "PLpgSQL_stmt_block":
        return _of(content.get("body", ()), command)
    if kind == "PLpgSQL_stmt_return":
        return {_ENDED}
    if kind == "PLpgSQL_stmt_raise":
        return {_WRITTEN} if content.get("elog_level", 21) >= 21 else {_ON}
    if kind == "PLpgSQL_stmt_execsql":
        return _inserted(str(content["sqlstmt"]["PLpgSQL_expr"]["query"]))
    if kind == "PLpgSQL_stmt_if":
        branches = [(content["cond"], content.get("then_body", ()))]
        for each in content.get("elsif_list", ()):
            inner = each["PLpgSQL_if_elsif"]
            branches.append((inner["cond"], inner.get("stmts", ())))
        return _chosen(branches, content.get("else_body", ()), command)
    if kind == "PLpgSQL_stmt_case":
        parts = [each["PLpgSQL_case_when"].get("stmts", ()) for each in content["case_when_list"]]
        return set().union(
            *(_of(each, command) for each in (*parts, content.get("else_stmts", ())))
        )
    return {_ON} | (_of(content["body"], command) if content.get("body") else set())


def _chosen(
    branches: list[tuple[Mapping[str, Any], Any]], otherwise: Iterable[Any], command: str
) -> set[str]:
    ways: set[str] = set()
    for condition, body in branches:
        truth = _truth(_parsed(str(condition["PLpgSQL_expr"]["query"])), command)
        if truth is not False:
            ways |= _of(body, command)
        if truth is True:
            return ways
    return ways | _of(otherwise, command)


def _inserted(query: str) -> set[str]:
    """An INSERT of the very row: one that selects from somewhere may find nothing."""
    tree = _parsed(query, whole=True)
    if not is_a(tree, "InsertStmt") or tree.relation.relname != "audit_logs":
        return {_ON}
    select = tree.selectStmt
    bare = select is not None and not select.fromClause and select.whereClause is None
    return {_WRITTEN} if bare and tree.onConflictClause is None else {_WRITTEN, _ON}


def _parsed(text: str, *, whole: bool = False) -> Tree:
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        tree: Tree = parse_sql(text if whole else f"SELECT {text}")[0].stmt
        return tree if whole else tree.targetList[0].val
    except (ParseError, IndexError, TypeError, AttributeError):
        return None


def _truth(node: Tree, command: str) -> bool | None:
    """What a condition is for every change by a command; None where it depends on the row."""
    from pglast import enums

    if is_a(node, "BoolExpr"):
        parts = [_truth(each, command) for each in node.args]
        if node.boolop == enums.BoolExprType.NOT_EXPR:
            return None if parts[0] is None else not parts[0]
        decisive = bool(node.boolop == enums.BoolExprType.OR_EXPR)
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if not is_a(node, "A_Expr"):
        return None
    if node.kind in {
        enums.A_Expr_Kind.AEXPR_DISTINCT, enums.A_Expr_Kind.AEXPR_NOT_DISTINCT
    } and {_row(node.lexpr), _row(node.rexpr)} == {"old", "new"}:  # fmt: skip
        return bool(node.kind == enums.A_Expr_Kind.AEXPR_DISTINCT)
    if operator(node) in {"=", "<>"} and _row(node.lexpr) == "tg_op":
        texts = {
            plain(each.val)
            for each in nodes(node.rexpr)
            if is_a(each, "A_Const") and not each.isnull
        }
        if texts and all(isinstance(each, str) for each in texts):
            return (command in texts) == (operator(node) == "=")
    return None


def _row(node: Tree) -> str:
    """ "old", "new" or "tg_op" where a whole row or the command is meant."""
    if is_a(node, "A_Indirection"):
        node = node.arg
    if not is_a(node, "ColumnRef"):
        return ""
    names = [getattr(each, "sval", "*").lower() for each in node.fields]
    return names[0] if len(names) == 1 or names[1:] == ["*"] else ""
