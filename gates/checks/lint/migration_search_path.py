"""Every migration begins with SET search_path TO public."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database.parsing.script import Statement
from gates.database.parsing.statements import scripts_of
from gates.model import Finding, Location, Stage
from gates.module import Module

LINE = "SET search_path TO public;"


@check(Stage.LINT)
def migration_search_path(module: Module) -> Iterator[Finding]:
    """Every migration begins with SET search_path TO public.

    Why: names without a schema mean what the session's search_path says. A script that does not
        set it makes its tables wherever the last one left off.
    Bad: CREATE TABLE as the first statement; SET LOCAL search_path; SET search_path TO public, extensions
    Good: SET search_path TO public; as the first statement of each migration and rollback
    Fix: make that line the first statement; comments may come before it.
    """  # noqa: E501
    for script in scripts_of(module, hooks=False):
        if script.fault is not None:
            continue  # migration-parses says so
        if not script.statements:
            yield migration_search_path.finding(
                "it holds no statement", script.path, fix=f"begin it with {LINE}"
            )
            continue
        first = script.statements[0]
        if (wrong := _wrong(first)) is not None:
            where = Location(script.path, *script.position(first.offset))
            # A line that sets another path is there for a reason that only its author knows.
            missing = first.node.get("name") != "search_path" and where.column == 1
            yield migration_search_path.finding(
                wrong, where, fix=f"begin the file with {LINE}", repaired=missing
            )


def _wrong(statement: Statement) -> str | None:
    node = statement.node
    if statement.kind != "VariableSetStmt" or node.get("name") != "search_path":
        return f"its first statement is not {LINE[:-1]}"
    if node.get("is_local"):
        return "SET LOCAL search_path ends with the transaction, or has no effect outside one"
    values = [each.get("A_Const", {}).get("sval", {}).get("sval") for each in node.get("args", ())]
    if node.get("kind") != "VAR_SET_VALUE" or values != ["public"]:
        return "the search_path is not public alone"
    return None
