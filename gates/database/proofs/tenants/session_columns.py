"""Columns that policies compare with who the user is, so that a tenant's own rows are its user's.

A policy such as `tenant_id = ... AND owner_id = auth.uid()` shows a row only to its owner: a row
with a made-up owner would be nobody's, and prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gates.database import Applied
from gates.database.tenant_session import organization_of, user_of

_USER = re.compile(r"auth\.uid\(\)|'sub'|user_id", re.IGNORECASE)
_ORGANIZATION = re.compile(r"'(?:organization_id|org_id)'|organization_id", re.IGNORECASE)


def session_columns(applied: Applied) -> Mapping[tuple[int, int], Callable[[str], str]]:
    """By table and column number, what gives the id that the session's claims name."""
    found: dict[tuple[int, int], Callable[[str], str]] = {}
    for policy in applied.facts.policies:
        table = applied.all_tables.get(policy.table)
        text = f"{policy.using or ''} {policy.check or ''}"
        if table is None:
            continue
        for column in table.columns:
            plain = column.type in {"uuid", "text"} and column.name not in {"id", "tenant_id"}
            if not plain or not re.search(rf"(?<!'){re.escape(column.quoted)}\b(?!')", text):
                continue
            if "org" in column.name and _ORGANIZATION.search(text):
                found[table.oid, column.number] = organization_of
            elif _USER.search(text) and not _compared_with_text(column.quoted, text):
                found[table.oid, column.number] = user_of
    return found


def _compared_with_text(name: str, text: str) -> bool:
    return bool(re.search(rf"{re.escape(name)}\b\)?(?:::text)? (?:=|<>|~~?) '", text))
