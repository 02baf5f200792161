"""What a migration needs that the server or the platform's baseline does not have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gates.database.runner import Failure

_QUOTED = re.compile(r'"([^"]+)"')
_FUNCTION = re.compile(r"function ([\w.\"]+)\(")
_INSTEAD = {
    "uuid-ossp": "gen_random_uuid() is built into PostgreSQL 13 and later",
    "pgcrypto": "gen_random_uuid(), sha256() and md5() are built into PostgreSQL",
    "pg_partman": "make native partitions (PARTITION BY RANGE) in the migration, or run the proofs"
    " on a server that has it (Debian: postgresql-NN-partman)",
    "pg_cron": "list the job in jobs of module.json",
    "timescaledb": "make native partitions (PARTITION BY RANGE)",
}


def missing(failure: Failure, own_prefix: str, platform_tables: Iterable[str] = ()) -> str | None:
    """What to add where a migration failed for want of something that is not the module's own.

    `own_prefix` is that of the module's tables. None where something else went wrong.
    """
    code, message = failure.sqlstate, failure.message
    quoted = _QUOTED.search(message)
    name = quoted[1] if quoted else ""
    if "extension" in message and ("not available" in message or "control file" in message):
        other = _INSTEAD.get(name)
        return (
            f"the server does not have the extension {name}: "
            + (f"{other}; or " if other else "")
            + "set GATES_DATABASE_URL to a server that has it"
        )
    if "permission denied to create extension" in message:
        return (
            f"only a superuser may create {name}: the platform has to; let a file of"
            f' database.baseline in gates-policy.toml say CREATE EXTENSION "{name}"'
        )
    if code == "42P01" and name and not name.rpartition(".")[2].startswith(own_prefix):
        known = ", ".join(sorted(platform_tables))
        return (
            f"create {name} in an earlier migration; if it is the platform's, add its CREATE TABLE"
            f" to a file of database.baseline in gates-policy.toml (there are {known})"
        )
    if code == "3F000" and name:
        return (
            f"the platform baseline has no schema {name}: add it with what the module uses of it"
            " to a file of database.baseline in gates-policy.toml"
        )
    if code == "42704" and message.startswith("role "):
        return (
            f"the platform has no role {name}: use tenant_app_role, authenticated, anon or"
            " service_role"
        )
    if code == "42883" and (found := _FUNCTION.search(message)) and "." in found[1]:
        return (
            f"create {found[1]}() in an earlier migration; if it is the platform's, add it to a"
            " file of database.baseline in gates-policy.toml"
        )
    return None
