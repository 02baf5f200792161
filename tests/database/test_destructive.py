"""What a new version takes away, by the statements that do."""

from __future__ import annotations

import pytest

from gates.database.parsing.script import parse
from gates.database.parsing.statements import statements_of
from gates.database.rules.destructive import destructive

OLD = """
CREATE TABLE t (a int, b varchar(10), c text, d numeric(4,2));
CREATE TYPE e AS ENUM ('one', 'two');
ALTER TYPE e ADD VALUE 'three';
CREATE POLICY p ON t USING (true);
CREATE VIEW v AS SELECT 1;
CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1;
"""


def found(sql: str) -> list[str]:
    new, old = parse("b.sql", sql), parse("a.sql", OLD)
    assert new.fault is None
    return [each.what for each in destructive(statements_of(new), statements_of(old))]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("ALTER TABLE t DROP COLUMN a", "drops the column t.a"),
        ("DROP TABLE IF EXISTS public.t CASCADE", "drops the table t"),
        ("DROP TABLE t; CREATE TABLE t (a int)", "drops the table t"),
        ("ALTER TABLE t ALTER a TYPE smallint", "changes the type of t.a"),
        ("ALTER TABLE t ALTER b TYPE varchar(9)", "changes the type of t.b"),
        ("ALTER TABLE t ALTER c TYPE varchar(9)", "changes the type of t.c"),
        ("ALTER TABLE t ALTER a SET NOT NULL", "lets t.a no longer be NULL"),
        ("ALTER TABLE t ADD n int NOT NULL", "adds t.n NOT NULL without a default"),
        ("ALTER TABLE t RENAME a TO z", "renames the column a"),
        ("ALTER TABLE t RENAME TO z", "renames the table t"),
        ("ALTER TYPE e RENAME VALUE 'one' TO 'eins'", "renames the enum value one"),
        ("DROP TYPE e; CREATE TYPE e AS ENUM ('one', 'three')",
         "removes the enum value two of e"),
        ("DROP POLICY p ON t", "drops the policy p on t"),
        ("DROP VIEW v", "drops the view v"),
        ("DROP FUNCTION f()", "drops the function f"),
        ("DROP TYPE e", "drops the type e"),
        ("DO $$ BEGIN ALTER TABLE t DROP COLUMN a; END $$", "drops the column t.a"),
        ("DO $$ BEGIN EXECUTE format('DROP TABLE %I', 't'); END $$", "drops the table t"),
    ],
)  # fmt: skip
def test_destructive(sql, what):
    assert found(sql) == [what]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD n int",
        "ALTER TABLE t ADD n int NOT NULL DEFAULT 1",
        "ALTER TABLE t ADD n bigserial NOT NULL",
        "ALTER TABLE t ADD n bigint GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t ALTER b TYPE varchar(20)",
        "ALTER TABLE t ALTER b TYPE text",
        "CREATE TABLE n (a int); ALTER TABLE n DROP COLUMN a; DROP TABLE n",
        "DROP POLICY IF EXISTS p ON t; CREATE POLICY p ON t USING (false)",
        "DROP VIEW v; CREATE VIEW v AS SELECT 2",
        "DROP FUNCTION f(); CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 2",
        "DROP TYPE e; CREATE TYPE e AS ENUM ('zero', 'one', 'two', 'three')",
        "ALTER TYPE e ADD VALUE 'four'",
        "DROP INDEX i",
        "ALTER TABLE t DROP CONSTRAINT c",
    ],
)
def test_harmless(sql):
    assert found(sql) == []
