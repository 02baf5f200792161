"""Statements that a fresh install skips, though an object of another form is there."""

from __future__ import annotations

import pytest

from gates.database.proofs.idempotency.skipped import skipped
from tests.database.conftest import HEAD, TABLE

NUMBERS = "CREATE SEQUENCE IF NOT EXISTS tenant_sample_module_numbers"
INDEX = f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {TABLE}_created_idx ON {TABLE}"
COLUMN = f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS"


@pytest.fixture
def found(sql_module, database):
    """What is skipped in a module with one more migration."""

    def run(sql: str):
        return skipped(database(sql_module({"001_more.sql": HEAD + sql})))

    return run


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (f"{COLUMN} title varchar(20) NOT NULL DEFAULT 'new';", "would be character varying(20)"),
        (f"{COLUMN} title text NOT NULL CHECK (title <> '');", "constraint CHECK"),
        (f"{COLUMN} a int, ADD COLUMN IF NOT EXISTS version bigint;", "column version would be"),
        (f"CREATE TABLE IF NOT EXISTS {TABLE} (tenant_id uuid, colour text);", "column colour is"),
        (f"CREATE TABLE IF NOT EXISTS {TABLE} (tenant_id uuid NOT NULL UNIQUE);", "UNIQUE"),
        (f"{INDEX} (title);", "USING btree (title), and is"),
        (f"{INDEX} (tenant_id, created_at);", "created_at), and is"),
        (f"{NUMBERS}; {NUMBERS} INCREMENT 5;", "numbers would be bigint 1 5"),
        (f"{NUMBERS}; CREATE TABLE IF NOT EXISTS tenant_sample_module_numbers (a int);", "kind"),
    ],
)
def test_another_form_is_found(found, sql, says):
    (one,) = found(sql)
    assert one.unknown == ""
    assert any(says in each for each in one.differences), one.differences
    assert (one.at.path, one.at.line) == ("migrations/001_more.sql", 5)


@pytest.mark.parametrize(
    "sql",
    [
        f"{COLUMN} title text NOT NULL;",
        f"{COLUMN} colour text DEFAULT 'x'; {COLUMN} colour text DEFAULT 'x';",
        f"{COLUMN} a int;",
        f"{INDEX} (tenant_id, created_at DESC);",
        f"{NUMBERS}; {NUMBERS};",
        f"CREATE TABLE IF NOT EXISTS {TABLE} (tenant_id uuid NOT NULL, title text NOT NULL);",
        f"CREATE TABLE IF NOT EXISTS {TABLE} ();",
        "DROP TABLE IF EXISTS tenant_sample_module_none;",
    ],
)
def test_an_equal_object_is_none(found, sql):
    assert found(sql) == ()


def test_what_is_the_platforms_is_said(found):
    (one,) = found("CREATE TABLE IF NOT EXISTS tenants (id uuid);")
    assert "must be owner" in one.unknown
