"""What a migration needs that the server or the platform's baseline does not have. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

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


_ABSENT = re.compile(r'extension "([^"]+)" (?:is not available|has no installation script)')
_CONTROL = re.compile(r'extension control file ".*/([^/"]+)\.control"')
_BROUGHT = re.compile(r"function |type |access method |operator class |text search ")


def absent_extension(failure: Failure, allowed: Collection[str]) -> str:
    """The extension that a migration may have, and the server has not; "" for another failure."""
    found = _ABSENT.search(failure.message) or _CONTROL.search(failure.message)
    return found[1] if found and found[1] in allowed else ""


def maybe_of_extension(failure: Failure) -> bool:
    """Whether a statement misses something that an extension may bring: a function, a type."""
    return failure.sqlstate in {"42883", "42704"} and bool(_BROUGHT.match(failure.message))


def without_extension(name: str) -> str:
    """What to do where the server does not have an extension."""
    other = _INSTEAD.get(name)
    server = "set GATES_DATABASE_URL to a server that has it"
    return f"{other}; or {server}" if other else server


def missing(failure: Failure, own_prefix: str, platform_tables: Iterable[str] = ()) -> str | None:
    """What to add where a migration failed for want of something that is not the module's own.

    `own_prefix` is that of the module's tables. None where something else went wrong.
    """
    code, message = failure.sqlstate, failure.message
    quoted = _QUOTED.search(message)
    name = quoted[1] if quoted else ""
    if "extension" in message and ("not available" in message or "control file" in message):
        return f"the server does not have the extension {name}: {without_extension(name)}"
    if code == "42710" and message.startswith("extension "):
        return (
            f'write CREATE EXTENSION IF NOT EXISTS "{name}": the platform makes the extensions of'
            " database.extensions, and another module may have asked for it before"
        )
    if "permission denied to create extension" in message:
        return (
            f"only a superuser may create {name}, and the platform does so for those of"
            f" database.extensions in gates-policy.toml; or let a file of database.baseline say"
            f' CREATE EXTENSION "{name}"'
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
