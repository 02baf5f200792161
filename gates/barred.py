"""Which checks a baseline can never hold findings of, by what they are about."""

from __future__ import annotations

from collections.abc import Mapping

from gates.check import all_outlines
from gates.model import Stage

ACTS = frozenset({Stage.PUBLISH, Stage.RELEASE})
ASKS = frozenset({"catalog", "changes", "evidence", "registry", "releases", "signers"})
"""Needs by which a check holds a version against what was before, or against its evidence."""
TENANTS = frozenset(
    {
        "code-sql",
        "dynamic-sql",
        "migration-forbidden",
        "owner-rights",
        "policy-shape",
        "queue-names",
        "row-security",
        "run-time-objects",
        "table-grants",
        "tenant-isolation",
    }
)
"""What keeps tenants apart, and what says what a migration and the code may do to that."""
SECRETS = frozenset({"dockerfile", "secrets", "settings-secrets"})
RELEASED = frozenset({"coverage-kept", "migrations-immutable"})
"""What holds a version against the one before, by way of the catalog's row."""


def barred(check: str) -> str:
    """Why findings of a check can't be in a baseline, as a clause; "" where they can be.

    What is unknown is barred: checks of other packages, and checks that no longer exist.
    """
    return _reasons().get(check, "there is no such check in this gate")


def _reasons() -> Mapping[str, str]:
    reasons = {}
    for each in all_outlines():
        why = ""
        if each.id in TENANTS:
            why = "it keeps tenants apart"
        elif each.id in SECRETS:
            why = "it is about secrets"
        elif each.stage in ACTS or ASKS.intersection(each.needs) or each.id in RELEASED:
            why = "it holds the version against the catalog, the one before, or its evidence"
        reasons[each.id] = why
    return reasons
