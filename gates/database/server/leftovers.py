"""What runs leave on a server when they are killed, and how it is known to be theirs.

A run's owner role carries a comment that only we write, in the transaction that makes it. The
databases and roles of a run share its prefix, and the run holds an advisory lock of that number.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from gates.database.server.driver import psycopg_modules

Execute = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement with arguments on the control session, and gives its rows."""

PLATFORM_ROLES = ("anon", "authenticated", "service_role", "tenant_app_role")
COMMENT = "made by axon-gates; dropped when no run needs it"
LOCK_CLASS = 0x67617465
"""The first number of every advisory lock of ours."""


def sweep(execute: Execute) -> None:
    """Drop what runs left behind that are gone."""
    alive = {
        row[0] % (1 << 32)
        for row in execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s",
            LOCK_CLASS,
        )
    }
    for (role,) in execute(
        r"SELECT rolname FROM pg_roles WHERE rolname ~ '^gates_[0-9a-f]{8}_owner$'"
        " AND shobj_description(oid, 'pg_authid') = %s ORDER BY 1",
        COMMENT,
    ):
        prefix = role.removesuffix("_owner")
        if int(prefix.removeprefix("gates_"), 16) not in alive:
            with contextlib.suppress(psycopg_modules().Error):  # another run may be faster
                drop_run(execute, prefix)


def drop_run(execute: Execute, prefix: str) -> None:
    """Drop the databases and roles of one run, and nothing else."""
    if not re.fullmatch(r"gates_[0-9a-f]{8}", prefix):
        return
    for (name,) in execute(
        "SELECT datname FROM pg_database WHERE datname ~ %s", f"^{prefix}_[0-9]+_[a-z_]+$"
    ):
        execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    for suffix in ("app", "member", "owner"):
        execute(f"DROP ROLE IF EXISTS {prefix}_{suffix}")


def drop_platform_roles(execute: Execute) -> None:
    """Drop the platform's roles that a run made, if no database uses them. The caller holds the
    lock that every run shares."""
    for (role,) in execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"
        " AND shobj_description(oid, 'pg_authid') = %s",
        list(PLATFORM_ROLES),
        COMMENT,
    ):
        with contextlib.suppress(psycopg_modules().errors.DependentObjectsStillExist):
            execute(f"DROP ROLE IF EXISTS {role}")
