"""Claims that would open a door: named by policies and the functions that they call, then tried.

A policy such as `... OR (auth.jwt() ->> 'is_admin')::boolean` is closed for every session that has
no such claim. So each name that the module's own text looks up gets the values which the text
compares with, and some that are true of much.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.rows.limits import first_of
from gates.database.shapes.deviation import Definitions
from gates.database.tenant_session import Entry, Sessions

MOST_CLAIMS = 24
"""Sessions that are tried for one table."""

_CAST = r"(?:::\w+)?\)*"
_LOOKUP = re.compile(
    r"(?:->>?|\?[|&]?|#>>?)\s*\(*'((?:[^']|'')+)'" + _CAST + r"(?:\s*->>?\s*\(*'((?:[^']|'')+)')?"
)
_ROLE = re.compile(r"auth\s*\.\s*role\s*\(")
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_OWN = {"tenant_id", "tenant", "organization_id", "sub", "user_id", "request.jwt.claims"}
_USUAL: tuple[object, ...] = (True, 2_147_483_647)


def sessions_with_claims(
    sessions: Sessions,
    tenant: str,
    table: Table,
    policies: Sequence[RowPolicy],
    definitions: Definitions,
    cut: list[str],
) -> tuple[tuple[str, Entry], ...]:
    """Sessions of the tenant with one more claim each, and how to call them. Where they are too
    many, `cut` says so."""
    texts = (
        text
        for policy in policies
        if policy.table == table.oid
        for text in (policy.using, policy.check)
        if text
    )
    text = definitions.around(" ".join(texts))
    found = {"with no claim but its tenant": sessions.only(tenant)} if sessions.only(tenant) else {}
    for more in _claims(text):
        if entry := sessions.with_claims(tenant, more):
            found.setdefault(f"with the claims {json.dumps(more)}", entry)
    return tuple(first_of(found.items(), MOST_CLAIMS, "claims that they may ask for", cut))


def _claims(text: str) -> Iterator[dict[str, object]]:
    """Claims that the text may ask for."""
    chains: dict[tuple[str, ...], None] = {}
    for first, second in _LOOKUP.findall(text):
        path = first.strip("{}").split(",") if first.startswith("{") else [first]
        chains[tuple(each.replace("''", "'") for each in [*path, second] if each)] = None
    if _ROLE.search(text):
        chains[("role",)] = None
    names = {each for chain in chains for each in chain}
    texts = dict.fromkeys(each.replace("''", "'") for each in _TEXT.findall(text))
    values = [each for each in texts if each and each not in names | _OWN and len(each) < 100]
    for chain in chains:
        if chain[0] not in _OWN:
            for value in (*values, *_USUAL):
                yield _nested(chain, value)
    for value in values:
        if value.startswith("{") and isinstance(given := _json(value), dict):
            yield {str(key): each for key, each in given.items() if key not in _OWN}


def _nested(chain: tuple[str, ...], value: object) -> dict[str, object]:
    for name in reversed(chain[1:]):
        value = {name: value}
    return {chain[0]: value}


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
