"""What the application's role may do, by the grants in a snapshot."""

from __future__ import annotations

from gates.database.catalog_state.snapshot import Properties

APPLICATION = "tenant_app_role"
"""The role of tenants' sessions (platform standard, section 4): the one whose rights are promised.
Rights of other roles are not part of what a module may grant."""


def rights(properties: Properties, role: str) -> frozenset[str]:
    """What a role may do, of itself and as one of all: the `grants` of an object."""
    found: set[str] = set()
    for entry in properties.get("grants", "").split(", "):
        grantee, _, what = entry.partition(": ")
        if grantee in (role, "PUBLIC"):
            found |= {each.rstrip("*") for each in what.split()}
    return frozenset(found)


def may(properties: Properties, right: str) -> bool:
    """Whether the application's role has a right."""
    return right in rights(properties, APPLICATION)
