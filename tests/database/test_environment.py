"""Questions about where a statement runs, and answers that decide."""

from __future__ import annotations

import pytest

from gates.database.parsing.script import parse
from gates.database.parsing.statements import statements_of
from gates.database.rules.environment import asked

TRIGGER = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NEW; END $$"

DECIDES = [
    "DO $$ BEGIN IF current_database() = 'x' THEN NULL; END IF; END $$",
    "SELECT 1 FROM pg_stat_activity",
    "DO $$ DECLARE v text := version(); BEGIN NULL; END $$",
    "DO $$ BEGIN IF current_catalog LIKE 'x%' THEN NULL; END IF; END $$",
    "DO $$ BEGIN CASE session_user WHEN 'x' THEN NULL; ELSE NULL; END CASE; END $$",
    "DO $$ BEGIN IF current_setting('application_name') = 'x' THEN NULL; END IF; END $$",
    "DO $$ BEGIN EXECUTE 'DELETE FROM t WHERE current_database() = ''x'''; END $$",
    "INSERT INTO t SELECT 1 WHERE starts_with(current_database(), 'x')",
    "CREATE POLICY p ON t USING (session_user = 'x')",
    "CREATE POLICY p ON t USING (current_user LIKE 'x%')",
    "CREATE VIEW v AS SELECT * FROM t WHERE current_database() = 'x'",
    "CREATE FUNCTION f() RETURNS boolean LANGUAGE sql RETURN current_database() = 'x'",
    TRIGGER.format("IF current_user <> 'x' THEN RETURN OLD; END IF;"),
    TRIGGER.format("IF inet_client_addr() IS NULL THEN RETURN OLD; END IF;"),
    "UPDATE t SET a = 1 WHERE EXISTS (SELECT FROM pg_settings)",
    "SELECT shobj_description(1, 'pg_authid')",
]
DOES_NOT = [
    "SELECT current_user",
    "SELECT now()",
    "SELECT FROM pg_roles WHERE rolname = 'tenant_app_role'",
    "SELECT FROM pg_available_extensions WHERE name = 'x'",
    "CREATE POLICY p ON t USING (current_user = 'service_role')",
    "CREATE POLICY p ON t USING (current_user IN ('anon', 'authenticated'))",
    "CREATE POLICY p ON t USING (a = (current_setting('request.jwt.claims', true)::jsonb ->> 'x'))",
    "GRANT SELECT ON t TO current_user",
    "CREATE TABLE t (who text DEFAULT current_user)",
    TRIGGER.format("NEW.who := session_user; NEW.address := inet_client_addr();"),
    TRIGGER.format("INSERT INTO l VALUES (current_user, current_setting('application_name'));"),
    "SELECT current_setting('timezone')",
]


def found(sql: str) -> list[str]:
    script = parse("a.sql", sql)
    assert script.fault is None
    return [q.what for each in statements_of(script) if not each.part for q in asked(each)]


@pytest.mark.parametrize("sql", DECIDES)
def test_decides(sql):
    assert len(set(found(sql))) == 1


@pytest.mark.parametrize("sql", DOES_NOT)
def test_does_not(sql):
    assert found(sql) == []


def test_a_version_is_noted():
    script = parse("a.sql", "SELECT current_setting('server_version_num')::int > 150000")
    (question,) = asked(statements_of(script)[0])
    assert question.only_version
