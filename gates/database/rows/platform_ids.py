"""The ids in rows of the platform's own tables, as the claims of a session name them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gates.database.catalog_state.tables import Column, Table
from gates.database.tenant_session import organization_of, user_of

_OWN_IDS: Mapping[str, Callable[[str], str]] = {
    "tenants": lambda tenant: tenant,
    "organizations": organization_of,
    "profiles": user_of,
    "users": user_of,
}
"""The ids of a tenant's own rows in tables of the platform, as its claims name them."""
_OWN_COLUMNS: Mapping[str, Callable[[str], str]] = {
    "tenant_id": lambda tenant: tenant,
    "organization_id": organization_of,
    "org_id": organization_of,
    "user_id": user_of,
    "profile_id": user_of,
}
"""What columns of the platform's tables hold, where they are no reference."""


def platform_id(table: Table, column: Column, tenant: str) -> str | None:
    """The id in a column of a table of the platform; None where it has nothing to do with who the
    session is."""
    if column.name == "id" and table.name in _OWN_IDS:
        return _OWN_IDS[table.name](tenant)
    if column.name in _OWN_COLUMNS and column.type in {"uuid", "text"}:
        return _OWN_COLUMNS[column.name](tenant)
    return None
