"""Audit triggers that are read: those that leave out rows by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gates.database.audit.surely import always, writes
from gates.database.isolation.tenants import Tenants
from gates.database.schema.tables import Table

_AUDITING = """
    SELECT t.tgname, pg_get_triggerdef(t.oid), p.prosrc, p.oid::regproc::text,
        t.tgtype::int & 4 > 0, t.tgtype::int & 16 > 0
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
    WHERE t.tgrelid = %s::oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
        AND l.lanname = 'plpgsql' AND p.prosrc LIKE '%%audit_logs%%'
    ORDER BY t.tgname"""
_WHEN = re.compile(r" WHEN \((.*)\) EXECUTE (?:FUNCTION|PROCEDURE) ", re.DOTALL)


@dataclass(frozen=True)
class Unsure:
    """A command whose audit row depends on what is in the row."""

    command: str
    trigger: str
    why: str
    """"its WHEN (..)" or "the conditions in x_write_audit_log()"."""


def unsure(tenants: Tenants, table: Table) -> Iterator[Unsure]:
    """The commands for which no trigger of a table surely writes to audit_logs, though one may.

    A trigger that leaves the writing to another function is not read: nothing is said of it.
    """
    rows = tenants.owner.execute(_AUDITING, (table.oid,)).fetchall()
    for number, command in ((4, "INSERT"), (5, "UPDATE")):
        doubts: list[Unsure] = []
        for row in (each for each in rows if each[number]):
            name, definition, body, function = row[:4]
            sure = writes(body, command)
            when = _WHEN.search(definition)
            if sure is None:
                doubts = []
                break
            if when and not always(when[1], command):
                doubts.append(Unsure(command, name, f"its WHEN ({when[1]})"))
            elif sure:
                doubts = []
                break
            else:
                doubts.append(Unsure(command, name, f"the conditions in {function}()"))
        yield from doubts[:1]
