"""What to do about PostgreSQL's error codes where a migration meets them. Pure."""

from __future__ import annotations

import re

from gates.database.runner import Failure

_NAME = re.compile(r'"([^"]+)"')

_AGAIN = {
    "42P07": "write IF NOT EXISTS, or drop it IF EXISTS before",
    "42701": "write ADD COLUMN IF NOT EXISTS",
    "42710": "drop it IF EXISTS before creating it, or ask pg_catalog in a DO block whether it is"
    " there",
    "42723": "write CREATE OR REPLACE FUNCTION",
    "42P06": "write CREATE SCHEMA IF NOT EXISTS",
    "42P16": "ask pg_catalog in a DO block whether the constraint is there already",
    "42704": "write IF EXISTS",
    "42703": "write IF EXISTS, or ask pg_catalog in a DO block whether the column is there",
    "42P01": "write IF EXISTS, or ask to_regclass() in a DO block whether the table is there",
    "42883": "write IF EXISTS",
    "23505": "add ON CONFLICT DO NOTHING",
    "2BP01": "drop what depends on it first, IF EXISTS",
}


def on_first_run(failure: Failure) -> str:
    """How to fix a migration that does not run on a fresh platform."""
    code, message = failure.sqlstate, failure.message
    found = _NAME.search(message)
    name = found[1] if found else ""
    if code == "42883" and "uuid = text" in message:
        return "cast the claim: (auth.jwt() ->> 'tenant_id')::uuid"
    if code == "42883":
        return "cast the arguments, or create the function or operator in an earlier migration"
    if code in {"42P01", "3F000", "42704"}:
        return (
            f"create {name or 'it'} in an earlier migration; if it is the platform's, add it to"
            " database.baseline in gates-policy.toml"
        )
    if code == "42501":
        return (
            "migrations run without superuser rights and may change only what the module made:"
            " leave this to the platform"
        )
    if code == "25001":
        return "put the statement into a file of its own, without BEGIN"
    if not code and "time limit" in message:
        return "make the statement smaller, or do the work in batches after the migration"
    if code in {"55P03", "57014"}:
        return "the script's own time limit was reached: make the statement smaller"
    return "correct the statement; the detail shows it as it ran"


def on_second_run(failure: Failure) -> str:
    """How to make a statement repeatable that fails when it runs again."""
    return _AGAIN.get(failure.sqlstate, "") or (
        "write the statement so that it may run again: IF NOT EXISTS, OR REPLACE, or DROP .. IF"
        " EXISTS before"
    )


_WITH_ROWS = {
    "23502": "give the column a DEFAULT, or add it without NOT NULL, fill it, then SET NOT NULL",
    "23505": "make the rows unique first, in this file or in migrations/hooks/pre_upgrade.sql",
    "23514": "correct the rows first, in this file or in migrations/hooks/pre_upgrade.sql, or add"
    " the constraint NOT VALID",
    "23503": "make the rows that are referred to first, or add the constraint NOT VALID",
    "22P02": "convert with USING and a CASE for values that are no such thing",
}


def on_upgrade(failure: Failure) -> str:
    """How to fix a script that runs on a fresh platform, and not over the rows of a version."""
    return _WITH_ROWS.get(failure.sqlstate) or on_first_run(failure)
