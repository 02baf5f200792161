"""Rows that are not a module's to change. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.parsing.script import Node, strings
from gates.database.rules.forbidden import Found

_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_TRAIL = "audit_logs"
_TENANT = "tenant_id"


def forbidden_writes(kind: str, node: Node) -> Iterator[Found]:
    """What an INSERT, UPDATE, DELETE or MERGE changes that a module may not."""
    if kind not in _WRITES:
        return
    relation = node.get("relation", {})
    name = relation.get("relname", "")
    if name == _TRAIL and kind != "InsertStmt":
        yield f"changing {name}", "the trail of what was done is only added to", relation
    elif relation.get("schemaname") in {"pg_catalog", "information_schema"} or (
        not relation.get("schemaname") and name.startswith("pg_")
    ):
        instead = "change the catalog with DDL and settings with SET"
        yield f"writing to {name}", instead, relation
    elif _moves(node):
        instead = f"a row keeps its tenant: set {_TENANT} WHERE {_TENANT} IS NULL, or not at all"
        yield f"changing {_TENANT}", instead, relation


def _moves(node: Node) -> bool:
    """Whether rows come to another tenant, by an UPDATE, ON CONFLICT or MERGE."""
    cases = (each["MergeWhenClause"] for each in node.get("mergeWhenClauses") or ())
    return any(map(_sets_tenant, (node, node.get("onConflictClause") or {}, *cases)))


def _sets_tenant(clause: Node) -> bool:
    """Whether a clause that updates sets tenant_id, and not only where there is none."""
    targets = clause.get("targetList") or ()
    if clause.get("commandType") == "CMD_INSERT" or not any(
        target.get("ResTarget", {}).get("name") == _TENANT for target in targets
    ):
        return False
    return not _without_tenant(clause.get("whereClause") or clause.get("condition") or {})


def _without_tenant(condition: Node) -> bool:
    """Whether a condition holds for no row but those without a tenant."""
    combined = condition.get("BoolExpr", {})
    if combined.get("boolop") == "AND_EXPR":
        return any(_without_tenant(each) for each in combined["args"])
    test = condition.get("NullTest", {})
    fields = test.get("arg", {}).get("ColumnRef", {}).get("fields")
    return test.get("nulltesttype") == "IS_NULL" and strings(fields)[-1:] == [_TENANT]
