"""What a block or function would do to the protection of tables, on whatever condition. Pure.

A proof sees what a DO block does in the proof. What it does under a condition that holds elsewhere
alone, or later, is judged by its text: as if it ran.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from gates.database.parsing.script import (
    Node,
    Script,
    expression_of,
    option,
    strings,
    without_places,
)
from gates.database.parsing.statements import UNKNOWN, Inner, statements_of
from gates.model import Location
from gates.records import dataclass

_PLACE = re.compile(r"(?<![:\w]):(table|column)\b")
_APP = "tenant_app_role"
_RIGHTS = {"select", "insert", "update", "usage", "execute"}
_OUTSIDE = {
    "CreateFunctionStmt": "CREATE OR REPLACE needs no condition",
    "AlterFunctionStmt": "it needs no condition",
    "AlterPolicyStmt": "write DROP POLICY IF EXISTS and CREATE POLICY",
}
_SILENCED = {
    "AT_DisableTrig", "AT_DisableTrigAll", "AT_DisableTrigUser", "AT_EnableReplicaTrig",
}  # fmt: skip

_KEYS = {"CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_EXCLUSION", "CONSTR_FOREIGN"}


@dataclass(frozen=True)
class Conditional:
    """A statement of a block or function that may not stand there."""

    location: Location
    message: str
    fix: str


def weakening(
    scripts: Collection[Script], shapes: Sequence[str], there: Collection[str]
) -> Iterator[Conditional]:
    """The statements inside DO blocks and functions that would weaken a table's protection.

    `shapes` are the expressions that a permissive policy may be, with :column and :table; `there`
    are the keys of the snapshots after each migration ("trigger x on public.t").
    """
    for script in scripts:
        every = statements_of(script)
        for inner in every:
            if inner.outer is None or inner.part:
                continue
            for message, fix in _of(inner, every, shapes, there):
                yield Conditional(inner.at(), message, fix)


def _of(
    inner: Inner, every: tuple[Inner, ...], shapes: Sequence[str], there: Collection[str]
) -> Iterator[tuple[str, str]]:
    kind, node = inner.statement.kind, inner.statement.node
    what = " ".join(inner.statement.text.split()[:3])
    if kind in _OUTSIDE:
        message = f"{what} .. stands in a block, so that nobody knows whether and when it runs"
        yield message, f"write it outside of the block; {_OUTSIDE[kind]}"
    elif kind == "CreatePolicyStmt" and node.get("permissive"):
        if not _is_allowed(node, shapes):
            name = node.get("policy_name", "")
            shape = shapes[0].replace(":column", "tenant_id")
            yield (
                f"wherever this block makes the policy {name}, rows pass by it on other terms than"
                " the platform's",
                f"write the platform's comparison: USING ({shape})",
            )
    elif kind == "GrantStmt" and node.get("is_grant") and not inner.at_once:
        message = f"this function grants rights: {what} .."
        yield message, "leave it out: a partition is reached through its parent, and needs none"
    elif kind == "GrantStmt" and node.get("is_grant") and not _modest(node):
        message = f"this block grants more than SELECT, INSERT, UPDATE to {_APP}: {what} .."
        yield message, "leave it out"
    elif kind == "ViewStmt" and not _invoker(node):
        yield (
            f"wherever this block makes the view {node['view'].get('relname')}, it shows its"
            " owner's rows",
            "create it WITH (security_invoker = true), outside of the block",
        )
    elif kind == "AlterTableStmt":
        yield from _of_table(node, what, there)
    elif kind == "DropStmt" and node.get("removeType") == "OBJECT_TRIGGER":
        name = strings(node["objects"][0].get("List", {}).get("items"))[-1:]
        again = any(
            each.outer is inner.outer
            and each.statement.kind == "CreateTrigStmt"
            and [each.statement.node.get("trigname")] == name
            for each in every
        )
        if not again:
            message = f"this block drops the trigger {''.join(name)} and does not make it again"
            yield message, "write DROP TRIGGER IF EXISTS outside of the block"
    elif kind == "IndexStmt" and node.get("unique"):
        yield from _key(f"index {node.get('idxname', '')}", there)
    elif kind in {"CreateTrigStmt", "CreateStmt", "CreateTableAsStmt"}:
        yield from _made(kind, node, there)


def _is_allowed(policy: Node, shapes: Sequence[str]) -> bool:
    """Whether every expression of a policy is one of the shapes, word for word in PostgreSQL's own
    parse tree."""
    table = policy.get("table", {}).get("relname", "")
    allowed = [
        without_places(expression_of(_PLACE.sub(lambda place: _written(place[1], table), shape)))
        for shape in shapes
    ]
    written = [policy[each] for each in ("qual", "with_check") if each in policy]
    return bool(written) and all(without_places(each) in allowed for each in written)


def _written(place: str, table: str) -> str:
    return "tenant_id" if place == "column" else table


def _modest(node: Node) -> bool:
    to = {each.get("RoleSpec", {}).get("rolename", "PUBLIC") for each in node.get("grantees", ())}
    rights = {
        each.get("AccessPriv", {}).get("priv_name", "all") for each in node.get("privileges", ())
    } or {"all"}
    one = node.get("targtype") == "ACL_TARGET_OBJECT"
    return one and to <= {_APP} and rights <= _RIGHTS and not node.get("grant_option")


def _invoker(node: Node) -> bool:
    given = option({"options": node.get("options")}, "security_invoker")
    if given is None:
        return False
    value = str(given.get("String", {}).get("sval", given.get("Boolean", {}).get("boolval", "")))
    return value.lower() in {"true", "on", "1", "yes"}


def _of_table(node: Node, what: str, there: Collection[str]) -> Iterator[tuple[str, str]]:
    commands = {each.get("AlterTableCmd", {}).get("subtype") for each in node.get("cmds", ())}
    if commands & _SILENCED:
        yield f"this block silences triggers: {what} ..", "leave them on"
    if node.get("objtype") == "OBJECT_VIEW":
        yield f"{what} .. stands in a block", "write it outside of the block"
    for each in node.get("cmds", ()):
        constraint = each.get("AlterTableCmd", {}).get("def", {}).get("Constraint", {})
        if constraint.get("contype") in _KEYS:
            yield from _key(f"constraint {constraint.get('conname', '')}", there)


def _key(label: str, there: Collection[str]) -> Iterator[tuple[str, str]]:
    """A key that no migration made in the proof."""
    kind, _, name = label.partition(" ")
    names = {each.removeprefix(f"{kind} ").partition(" on ")[0].rpartition(".")[2].strip('"')
             for each in there if each.startswith(f"{kind} ")}  # fmt: skip
    if UNKNOWN not in name and name not in names:
        yield (
            f"this block makes the {label} under a condition that the proof did not meet, so that"
            " nothing is proved about it",
            "make it in any case, outside of the block",
        )


def _made(kind: str, node: Node, there: Collection[str]) -> Iterator[tuple[str, str]]:
    if kind == "CreateTrigStmt":
        label = f"trigger {node.get('trigname')}"
        found = any(each.startswith(f"{label} on ") for each in there)
    else:
        relation = node.get("relation") or node.get("into", {}).get("rel", {})
        name = str(relation.get("relname", ""))
        if UNKNOWN in name or relation.get("relpersistence") == "t":
            return
        label = f"table {name}"
        found = any(each.partition(" ")[2].rpartition(".")[2].strip('"') == name for each in there
                    if each.startswith(("table ", "view ", "materialized view ")))  # fmt: skip
    if not found:
        yield (
            f"this block makes the {label} under a condition that the proof did not meet, so that"
            " nothing is proved about it",
            "make it in any case, outside of the block",
        )
