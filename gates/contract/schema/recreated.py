"""What a version drops and makes again: the catalog looks as before, and what was held is lost.

Read from the statements of the upgrade, as no snapshot shows it. Columns that only moved are seen
in the snapshots: without names, INSERT and SELECT go by their order (PostgreSQL, "INSERT").
"""

# ruff: noqa: S608 - statements are shown to people, none is run
from __future__ import annotations

import re
from collections.abc import Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.pair import Pair, bare_name, shown
from gates.contract.schema.witness import UPGRADE, Statements
from gates.database.catalog_state.snapshot import Snapshot
from gates.database.parsing.script import Node, strings, walk
from gates.database.parsing.statements import Inner, statements_of, unreadable_of
from gates.records import dataclass, field

_BRANCH = re.compile(r"\bTHEN\b", re.IGNORECASE)
_WRITING = ("UpdateStmt", "InsertStmt", "MergeStmt", "CopyStmt")
_LATER = frozenset({
    "AlterTableStmt", "CreateFunctionStmt", "CreatePolicyStmt", "IndexStmt", "RuleStmt", "ViewStmt",
})  # fmt: skip
"""Statements that write no values, whatever they name."""
Member = tuple[str, str]
"""A table and a column of it; "" stands for the table itself."""


@dataclass
class _Upgrade:
    """What the statements did so far, in their order."""

    dropped: dict[Member, str] = field(default_factory=dict)
    """With what became of it: "dropped" or "renamed"."""
    made: dict[Member, bool] = field(default_factory=dict)
    """Dropped and made again; False where what comes after may have filled it, or where a branch
    decides."""

    def drop(self, member: Member, word: str = "dropped") -> None:
        self.dropped[member] = word
        self.made.pop(member, None)

    def make(self, member: Member, *, sure: bool) -> None:
        if member in self.dropped:
            self.made[member] = sure

    def doubt(self, table: str | None = None) -> None:
        for member in self.made:
            if table is None or member[0] == table:
                self.made[member] = False


def compare_remade(pair: Pair) -> Iterator[Change]:
    """Columns and tables of both versions that the upgrade drops and makes again."""
    upgrade = _read(pair)
    for kind, name in [("table", name) for name, _, _ in pair.kept("table")] + [
        ("column", name) for name, _, _ in pair.kept("column")
    ]:
        owner, _, column = name.rpartition(".") if kind == "column" else (name, "", "")
        member = (bare_name(owner), column.strip('"'))
        if member not in upgrade.made or "generated" in pair.old.objects[f"{kind} {name}"]:
            continue
        if kind == "column" and (member[0], "") in upgrade.made:
            continue  # the table says it
        sure, label = upgrade.made[member], f"the {kind} {shown(name)}"
        word = upgrade.dropped[member]
        held = "its rows are" if kind == "table" else "what it held is"
        held += " lost" if word == "dropped" else " not in it"
        yield pair.change(
            f"{kind}:{shown(name)}", Bump.MAJOR if sure else Bump.MINOR,
            f"{label} is {word} and made again"
            + (f": {held}" if sure else "; that it holds what it held could not be shown"),
            owner, member[1],
            tries=_lost(pair, owner, column), proved=sure,
        )  # fmt: skip
    yield from _order(pair)


def _lost(pair: Pair, table: str, column: str) -> Iterator[Statements]:
    """What a row holds before and after the upgrade."""
    rows = pair.runs.rows(table)
    if rows is not None:
        yield [*rows, UPGRADE, f"SELECT {column or 'count(*)'} FROM {shown(table)}"]


def _read(pair: Pair) -> _Upgrade:
    upgrade = _Upgrade()
    own = {bare_name(name) for side in (pair.old, pair.new) for name, _ in side.of("function")}
    for script in pair.upgrade:
        for inner in statements_of(script):
            if inner.at_once and not inner.part:
                _statement(upgrade, inner, own)
        if unreadable_of(script):
            upgrade.doubt()
    return upgrade


def _statement(upgrade: _Upgrade, inner: Inner, own: set[str]) -> None:
    node, kind = inner.statement.node, inner.statement.kind
    sure = inner.outer is None or not _BRANCH.search(inner.outer.text)
    if kind == "AlterTableStmt":
        _alter(upgrade, node, sure=sure)
    elif kind == "DropStmt" and node.get("removeType") == "OBJECT_TABLE":
        for each in node.get("objects", ()):
            names = strings(each.get("List", {}).get("items"))
            upgrade.drop((names[-1] if names else "", ""))
    elif kind == "CreateStmt":
        upgrade.make((_table(node), ""), sure=sure)
    elif kind == "RenameStmt":
        _rename(upgrade, node)
    if kind in _LATER:
        return
    for name, each in [(kind, node), *walk(node)]:
        if name in _WRITING:
            upgrade.doubt(_table(each))
        elif name == "FuncCall" and strings(each.get("funcname"))[-1:] and (
            strings(each["funcname"])[-1] in own
        ):  # fmt: skip
            upgrade.doubt()


def _table(node: Node) -> str:
    return str(node.get("relation", {}).get("relname", ""))


def _alter(upgrade: _Upgrade, node: Node, *, sure: bool) -> None:
    table = _table(node)
    for each in node.get("cmds", ()):
        command = each.get("AlterTableCmd", {})
        if command.get("subtype") == "AT_DropColumn":
            upgrade.drop((table, command.get("name", "")))
        elif command.get("subtype") == "AT_AddColumn":
            name = command.get("def", {}).get("ColumnDef", {}).get("colname", "")
            upgrade.make((table, name), sure=sure)


def _rename(upgrade: _Upgrade, node: Node) -> None:
    """What takes a name over may bring the rows or values along."""
    name = node.get("newname", "")
    if node.get("renameType") == "OBJECT_COLUMN":
        members = {(_table(node), name)}
        upgrade.drop((_table(node), node.get("subname", "")), "renamed")
    elif node.get("renameType") == "OBJECT_TABLE":
        members = {each for each in upgrade.dropped if each[0] == name}
        upgrade.drop((_table(node), ""), "renamed")
    else:
        return
    for each in members:
        upgrade.dropped.pop(each, None)
        upgrade.made.pop(each, None)


def _order(pair: Pair) -> Iterator[Change]:
    """Columns that stay and do not come first any more, in the order they had."""
    for kind in ("table", "view"):
        for table, _, _ in pair.kept(kind):
            before, after = _columns(pair.old, table), _columns(pair.new, table)
            kept = [each for each in before if each in after]
            if after[: len(kept)] == kept:
                continue
            yield pair.change(
                f"{kind}:{shown(table)}", Bump.MAJOR,
                f"{shown(table)} has its columns in another order: {', '.join(after)}", table,
                tries=[[f"SELECT * FROM {shown(table)}"]],
            )  # fmt: skip


def _columns(side: Snapshot, table: str) -> list[str]:
    start = f"column {table}."
    found = [
        (int(properties.get("position", "0")), key.removeprefix(start))
        for key, properties in side.objects.items()
        if key.startswith(start)
    ]
    return [name for _, name in sorted(found)]
