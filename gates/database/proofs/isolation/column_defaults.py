"""What the defaults of tenant_id and id give, by trying them."""

from __future__ import annotations

import re

from gates.database import Database
from gates.database.catalog_state.tables import Column
from gates.database.tenant_session import derived_uuid

_KNOWN = re.compile(r"(?:\w+\.)?(?:gen_random_uuid|uuidv4|uuidv7|uuid_generate_v[147]c?)\(\)")
_NOISE = re.compile(r"[\s()]|::text")


def gives_the_tenant(database: Database, column: Column) -> bool:
    """Whether a default gives a session its own tenant, and one without a tenant nothing.

    The platform's expression for the tenant is known; anything else is asked of the server, as two
    tenants and as nobody. What fails gives no tenant.
    """
    import psycopg

    default = column.default or ""
    way = database.sessions
    if _NOISE.sub("", default) == _NOISE.sub("", way.way.tenant):
        return True
    query = f"SELECT ({default})::text"
    ids = [derived_uuid(database.salt, f"default {each}") for each in "AB"]
    try:
        with database.clone("in use") as clone, clone.connect("app") as session:
            for tenant in ids:
                with session.transaction(force_rollback=True):
                    session.execute("; ".join(way.enter(tenant)))
                    if session.execute(query).fetchone() != (tenant,):
                        return False
    except psycopg.Error:
        return False
    try:
        with database.clone("in use") as clone, clone.connect("app") as session:
            return session.execute(query).fetchone() == (None,)
    except psycopg.Error:
        return True


def is_constant(database: Database, column: Column) -> bool:
    """Whether a default gives every row the same value."""
    import psycopg

    default = column.default or ""
    if not default or default.startswith("nextval(") or _KNOWN.fullmatch(default):
        return False
    try:
        with database.clone("in use") as clone, clone.connect("owner") as session:
            given = [session.execute(f"SELECT ({default})::text").fetchone() for _ in range(3)]
    except psycopg.Error:
        return False
    return given[0] == given[1] == given[2]
