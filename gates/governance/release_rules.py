"""The rules of releases that the catalog itself holds every new version to, whoever registers it.

The database knows who is an approver by key, how many are needed for what, and how long a maturity
has to stand. It verifies no signature: the tool does, and `gates catalog verify`. Approvals of
waivers are the tool's alone, as the database knows no waiver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gates.governance.signers import Signers
from gates.settings import Policy

if TYPE_CHECKING:
    import psycopg

_NEWEST = """
SELECT policy_digest, approvers, approval_rules, soak_hours,
    to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), recorded_by
FROM public.core_release_rules ORDER BY id DESC LIMIT 1
"""


def rules_of(policy: Policy, signers: Signers) -> dict[str, Any]:
    """What a policy asks of people and of time, as JSON data for the catalog."""
    return {
        "policy": policy.digest,
        "approvers": [
            {"key_id": key, "name": each.name, "email": each.email, "groups": [*each.groups]}
            for key, each in sorted(signers.people.items())
        ],
        "approval_rules": [
            {
                "purpose": each.purpose,
                "count": each.count,
                "of": [*each.of],
                "max_age_days": each.max_age_days,
            }
            for each in policy.approval_rules
        ],
        "soak_hours": dict(policy.soak_hours),
    }


def record(connection: psycopg.Connection, rules: Mapping[str, Any]) -> bool:
    """Let the catalog hold versions to these rules from now on; False where it does already.

    Raises `psycopg.Error` for a login that is not the owner of the catalog.
    """
    from psycopg.types.json import Jsonb

    with connection.transaction():
        newest = recorded(connection)
        if newest is not None and all(newest[each] == rules[each] for each in rules):
            return False
        connection.execute("SELECT public.set_release_rules(%s)", (Jsonb(dict(rules)),))
    return True


def recorded(connection: psycopg.Connection) -> dict[str, Any] | None:
    """The rules that count, with when and by whom they were recorded; None where none are."""
    row = connection.execute(_NEWEST).fetchone()
    if row is None:
        return None
    names = ("policy", "approvers", "approval_rules", "soak_hours", "recorded_at", "recorded_by")
    return dict(zip(names, row, strict=True))
