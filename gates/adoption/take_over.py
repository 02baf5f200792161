"""Writes the hook that takes the older module's tables over, with their rows. Pure."""

from __future__ import annotations

from textwrap import indent

from gates.adoption.repair import AFTERWARDS, OBJECTS, World
from gates.adoption.state import Repaired
from gates.database.tenant_session import quote

PATH = "migrations/hooks/pre_upgrade.sql"
_HEAD = """\
-- Takes over the tables that this module had before it came under the standard, with their rows.
-- Where they are not there, or were taken over, it does nothing. Written by gates fix --standard.
SET search_path TO public;
"""


def take_over(before: World, repaired: Repaired) -> str:
    """The hook; "" where tables of the older module are as the migrations make them."""
    steps = [each for each in repaired.steps if each.at < OBJECTS or each.at >= AFTERWARDS]
    if all(each.aside for each in steps):
        return ""
    body = "\n".join(each.sql for each in steps)
    return (
        f"{_HEAD}\nDO $take_over$\nBEGIN\n    IF {_nothing_to_do(before, repaired.world)} THEN\n"
        f"        RETURN;\n    END IF;\n{indent(body, '    ')}\nEND;\n$take_over$;\n"
    )


def _nothing_to_do(before: World, after: World) -> str:
    """A condition that holds where the older tables are not there, or not any more."""
    now = {each.oid: each for each in after.tables}
    for table in before.tables:
        new = now.get(table.oid)
        if new is not None and new.name != table.name:
            return (
                f"to_regclass({quote(table.qualified)}) IS NULL\n"
                f"        OR to_regclass({quote(new.qualified)}) IS NOT NULL"
            )
    for table in before.tables:
        new = now.get(table.oid)
        for column in new.columns if new is not None else ():
            if table.column(column.name) is None:
                return (
                    f"to_regclass({quote(table.qualified)}) IS NULL OR EXISTS (\n"
                    "            SELECT FROM pg_attribute WHERE attname ="
                    f" {quote(column.name)}\n                AND attrelid ="
                    f" to_regclass({quote(table.qualified)}))"
                )
    first = before.tables[0]
    return (
        f"to_regclass({quote(first.qualified)}) IS NULL OR EXISTS (\n"
        "            SELECT FROM pg_trigger WHERE tgfoid ="
        " to_regprocedure('public.audit_row_change()')\n                AND tgrelid ="
        f" to_regclass({quote(first.qualified)}))"
    )
