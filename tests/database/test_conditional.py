"""What a block would do under a condition that the proof does not meet."""

from __future__ import annotations

import pytest

from gates.database.parsing.script import parse
from gates.database.rules.conditional import weakening
from gates.database.shapes.policies import allowed_shapes
from gates.model import Verdict
from gates.settings import SessionWay
from tests.database.conftest import HEAD, results
from tests.database.test_defects import CLEAN

TENANT = "(auth.jwt() ->> 'tenant_id')::uuid"
SHAPES = allowed_shapes(SessionWay())
THERE = {"table public.t", "trigger t_audit on public.t"}


def said(statement: str) -> list[str]:
    sql = f"DO $$ DECLARE part text; BEGIN IF random() < 0.1 THEN {statement} END IF; END $$;"
    return [each.message for each in weakening([parse("m.sql", sql)], SHAPES, THERE)]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("CREATE POLICY extra ON t USING (true);", "makes the policy extra, rows pass by it"),
        ("FOR part IN SELECT relname FROM pg_class LOOP EXECUTE"
         " format('CREATE POLICY x ON %I USING (1 = 1)', part); END LOOP;", "makes the policy x"),
        (f"CREATE POLICY x ON t USING (tenant_id = {TENANT}) WITH CHECK (true);", "the policy x"),
        ("CREATE POLICY x ON t USING (mine(tenant_id));", "makes the policy x, rows pass by it"),
        ("ALTER POLICY x ON t USING (true);", "ALTER POLICY x .. stands in a block"),
        ("GRANT SELECT ON t TO anon;", "grants more than SELECT"),
        ("GRANT ALL ON t TO tenant_app_role;", "grants more than SELECT"),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA public TO tenant_app_role;", "grants more than"),
        ("CREATE VIEW v AS SELECT * FROM t;", "makes the view v, it shows its owner's rows"),
        ("ALTER VIEW v SET (security_invoker = false);", "ALTER VIEW v .. stands in a block"),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
         "CREATE OR REPLACE .. stands in a block"),
        ("ALTER FUNCTION f() SECURITY DEFINER;", "ALTER FUNCTION f() .. stands in a block"),
        ("ALTER TABLE t DISABLE TRIGGER t_audit;", "silences triggers"),
        ("DROP TRIGGER t_audit ON t;", "drops the trigger t_audit and does not make it again"),
        ("CREATE TRIGGER other AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
         "makes the trigger other under a condition"),
        ("CREATE TABLE hidden (a int);", "makes the table hidden under a condition"),
        ("CREATE TABLE copied AS SELECT * FROM t;", "makes the table copied under a condition"),
    ],
)  # fmt: skip
def test_what_would_open_a_table_is_found_in_any_branch(statement, says):
    (message,) = said(statement)
    assert says in message


@pytest.mark.parametrize(
    "statement",
    [
        f"CREATE POLICY x ON t USING (tenant_id = {TENANT});",
        f"CREATE POLICY x ON t USING ((tenant_id) = (SELECT {TENANT}));",
        "CREATE POLICY x ON t AS RESTRICTIVE USING (true);",
        "FOR part IN SELECT relname FROM pg_class LOOP EXECUTE format('CREATE POLICY x ON %I USING"
        " (tenant_id = (auth.jwt() ->> ''tenant_id'')::uuid)', part); END LOOP;",
        "DROP POLICY IF EXISTS x ON t;",
        "GRANT SELECT, INSERT ON t TO tenant_app_role;",
        "REVOKE ALL ON t FROM PUBLIC;",
        "CREATE VIEW v WITH (security_invoker = true) AS SELECT * FROM t;",
        "ALTER TABLE t ADD COLUMN n integer;",
        "DROP TRIGGER t_audit ON t; CREATE TRIGGER t_audit AFTER INSERT ON t FOR EACH ROW"
        " EXECUTE FUNCTION f();",
        "CREATE TABLE IF NOT EXISTS t (a int);",
        "EXECUTE format('CREATE TABLE IF NOT EXISTS %I (a int)', part);",
        "CREATE TYPE state AS ENUM ('open');",
        "CREATE TEMPORARY TABLE numbers (n int);",
    ],
)
def test_what_modules_do_in_blocks_is_left_alone(statement):
    assert said(statement) == []


@pytest.mark.parametrize("name", CLEAN)
def test_clean_modules_give_no_finding(name, sql_module, shared):
    up, down = CLEAN[name]
    module = sql_module({"001_more.sql": HEAD + up, "rollback/001_more.sql": HEAD + down})
    result = results(module, shared, "migration-branches")["migration-branches"]
    assert (result.verdict, result.reason, result.findings) == (Verdict.PASS, None, ())
